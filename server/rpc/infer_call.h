#ifndef HILLOCK_SERVER_RPC_INFER_CALL_H_
#define HILLOCK_SERVER_RPC_INFER_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/inference.grpc.pb.h"
#include "server/base/socket_table.h"
#include "server/base/status.h"
#include "server/rpc/codec.h"
#include "server/rpc/infer_job.h"
#include "server/serving/reactor.h"

namespace hillock::rpc {

class InferCall;

// The service with an asynchronous ModelInfer. Requests come as bytes, so that one which is refused
// need not be parsed.
class AsyncModelInfer : public inference::GRPCInferenceService::WithRawMethod_ModelInfer<
                            inference::GRPCInferenceService::Service> {
 public:
  // As the generated RequestModelInfer(), but the answer is a message: as bytes, gRPC would copy
  // the list of its slices.
  void Request(grpc::ServerContext& context, grpc::ByteBuffer& request,
               grpc::ServerAsyncResponseWriter<inference::ModelInferResponse>& writer,
               grpc::ServerCompletionQueue& queue, void* tag);
};

// The ModelInfer calls of one reactor: some always posted, so that the next request finds one, and
// the rest idle. Belongs to its reactor's thread, apart from construction, Open() and destruction.
class InferCalls {
 public:
  // `service`, `reactor` must outlive this.
  InferCalls(AsyncModelInfer& service, serving::Reactor& reactor, const Limits& limits);
  ~InferCalls();

  // Posts `count` calls. REQUIRES: the server has started, the reactor not yet.
  void Open(size_t count);

  // Requests taken and not yet answered to the last byte. For any thread.
  size_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

 private:
  friend class InferCall;
  void Post();
  void Taken();                   // a posted call has its request
  void Recycle(InferCall& call);  // a call is over

  AsyncModelInfer& service_;
  serving::Reactor& reactor_;
  const Limits limits_;
  std::vector<std::unique_ptr<InferCall>> calls_;
  std::vector<InferCall*> idle_;
  size_t wanted_ = 0;  // calls to keep posted
  size_t posted_ = 0;
  SocketTable sockets_{reactor_.clock()};
  std::atomic<size_t> in_flight_{0};  // written by the reactor alone
};

// One ModelInfer call, used again and again: posted, decoded and added to the batch, answered,
// idle.
class InferCall final : public serving::Event, public InferJob {
 public:
  explicit InferCall(InferCalls& owner) : InferJob(owner.reactor_, owner.limits_), owner_(owner) {}

  // Waits for the next request.
  void Post();

  void Ready(bool ok) override;
  int Socket() override;

 private:
  // Tells that the call is over, by whichever side.
  class Ended final : public serving::Event {
   public:
    explicit Ended(InferCall& call) : call_(call) {}
    void Ready(bool) override { call_.HasEnded(); }

   private:
    InferCall& call_;
  };

  enum class State { kPosted, kServing, kFinishing, kFinished };

  void HasEnded();
  void RecycleIfOver();
  void Answer(const absl::Status& status) override;

  InferCalls& owner_;
  State state_ = State::kPosted;
  bool has_ended_ = false;  // gRPC has nothing more to tell of the call
  Ended ended_{*this};
  // A context and its writer serve one call; gRPC offers no way to use them again.
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<inference::ModelInferResponse>> writer_;
  grpc::ByteBuffer incoming_;
  inference::ModelInferRequest request_;
  inference::ModelInferResponse response_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFER_CALL_H_
