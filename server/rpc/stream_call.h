#ifndef HILLOCK_SERVER_RPC_STREAM_CALL_H_
#define HILLOCK_SERVER_RPC_STREAM_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <unordered_map>

#include "proto/inference.grpc.pb.h"
#include "server/base/status.h"
#include "server/rpc/codec.h"
#include "server/rpc/infer_call.h"
#include "server/rpc/infer_job.h"
#include "server/serving/reactor.h"

namespace hillock::rpc {

class StreamCall;

// The asynchronous part of the service: ModelInfer and ModelStreamInfer. The other methods are
// plain ones. Streams come as bytes, because gRPC has no way to tell a message that it cannot parse
// from the end of the stream.
using AsyncInfer = inference::GRPCInferenceService::WithRawMethod_ModelStreamInfer<AsyncModelInfer>;

// The ModelStreamInfer calls of one reactor: some posted, so that the next stream finds one, and
// those that are open. Belongs to its reactor's thread, apart from construction, Open(), Close()
// and destruction.
class StreamCalls {
 public:
  // `service`, `reactor` must outlive this.
  StreamCalls(AsyncInfer& service, serving::Reactor& reactor, const Limits& limits);
  ~StreamCalls();

  // Posts `count` calls. REQUIRES: the server has started, the reactor not yet.
  void Open(size_t count);

  // Makes every stream, later ones included, answer what it has read, read no more and end with
  // UNAVAILABLE. Returns at once. REQUIRES: the reactor has started and not been joined; called
  // once.
  void Close();

  // Requests taken and not yet answered to the last byte, over all streams; a stream without any
  // adds nothing. For any thread.
  size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

 private:
  friend class StreamCall;
  class Closing final : public serving::Event {
   public:
    explicit Closing(StreamCalls& owner) : owner_(owner) {}
    void Ready(bool ok) override;

   private:
    StreamCalls& owner_;
  };

  void Post();
  void Remove(StreamCall& call);  // destroys it
  void AddInFlight(size_t requests);
  void SubtractInFlight(size_t requests);

  AsyncInfer& service_;
  serving::Reactor& reactor_;
  const Limits limits_;
  std::unordered_map<StreamCall*, std::unique_ptr<StreamCall>> calls_;
  bool closing_ = false;
  Closing close_{*this};
  grpc::Alarm close_alarm_;
  std::atomic<size_t> in_flight_{0};  // written by the reactor alone
};

// One ModelStreamInfer call. It reads ahead, so that requests of one stream ride in one batch, and
// answers in the order of the requests. What it holds is bounded whatever the client does: at most
// kReadAhead requests that are not yet answered to the last byte, and no further one while they and
// their answers have kReadAheadBytes.
//
// A request that fails is answered with error_message, and the stream goes on. With the metadata
// `triton_grpc_error: true` the stream ends with that status instead.
//
// It ends with OK when the client has sent all and has its answers. When the call is broken
// (cancelled, past its deadline, peer gone) nothing is read or added to the batch any more, and
// rows that wait are dropped. Either way the call is destroyed once gRPC has returned all its tags
// and the batcher all its jobs. Requests that arrive after the status was sent are neither looked
// at nor counted.
class StreamCall {
 public:
  static constexpr size_t kReadAhead = 16;
  static constexpr size_t kReadAheadBytes = 4 << 20;

  explicit StreamCall(StreamCalls& owner);
  ~StreamCall();
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;

  // Waits for a client to open a stream.
  void Post();

  // Goes on as far as it can without an event. May destroy this.
  void Advance();

 private:
  class Request;

  // One of the call's tags.
  class Step final : public serving::Event {
   public:
    Step(StreamCall& call, void (StreamCall::*handle)(bool)) : call_(call), handle_(handle) {}
    void Ready(bool ok) override { (call_.*handle_)(ok); }

   private:
    StreamCall& call_;
    void (StreamCall::*const handle_)(bool ok);
  };

  void Opened(bool ok);
  void HasRead(bool ok);
  void HasWritten(bool ok);
  void Finished(bool ok);
  void Ended(bool ok);  // of the call as a whole, by whichever side
  void Answered();      // one of the requests; may destroy this

  bool WantsToRead() const;
  void Read();
  void Take();  // what has been read
  void Send();
  void Write(const Request& request);
  void Finish(const absl::Status& status);
  std::unique_ptr<Request>& Slot(size_t sequence) { return slots_[sequence % kReadAhead]; }

  StreamCalls& owner_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer> stream_{&context_};
  grpc::ByteBuffer incoming_;
  Step opened_{*this, &StreamCall::Opened};
  Step has_read_{*this, &StreamCall::HasRead};
  Step has_written_{*this, &StreamCall::HasWritten};
  Step finished_{*this, &StreamCall::Finished};
  Step ended_{*this, &StreamCall::Ended};

  // Requests are numbered: those before next_ are answered, those before end_ have been read.
  std::array<std::unique_ptr<Request>, kReadAhead> slots_;
  size_t next_ = 0;
  size_t end_ = 0;
  size_t computing_ = 0;   // of those in between, how many have no answer yet
  size_t held_bytes_ = 0;  // of those in between, with the floats of their answers

  bool open_ = false;
  bool errors_end_stream_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool read_all_ = false;  // the client will send no more, or cannot
  bool broken_ = false;    // the client cannot be told anything any more
  bool finishing_ = false;
  bool over_ = false;       // the status has been sent, or could not be
  bool has_ended_ = false;  // gRPC has nothing more to tell of the call
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_STREAM_CALL_H_
