#ifndef HILLOCK_SERVER_RPC_INFERENCE_STREAM_CALL_H_
#define HILLOCK_SERVER_RPC_INFERENCE_STREAM_CALL_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "server/core/base/status.h"
#include "server/rpc/inference/infer_job.h"
#include "server/rpc/messages/codec.h"
#include "server/scheduling/reactor.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

// One ModelStreamInfer call. It reads ahead, so that requests of one stream ride in one batch, and
// answers in the order of the requests. What it holds is bounded whatever the client does: at most
// kReadAhead requests that have no answer yet, and no further one while they, and the answers that
// the client has not taken, hold kReadAheadBytes.
//
// A request that fails is answered with error_message, and the stream goes on. With the metadata
// `triton_grpc_error: true` the stream ends with that status instead.
//
// It ends with OK when the client has sent all and has its answers, and with UNAVAILABLE after the
// last request that it has read when the server drains. When the client leaves, what it still has
// in the batch is abandoned, and the call goes when the batcher has let go of all of it.
//
// It owns itself, from construction until OnClosed() or the last answer after that. Belongs to its
// reactor's thread.
class StreamCall final : public transport::Handler {
 public:
  static constexpr size_t kReadAhead = 64;
  static constexpr size_t kReadAheadBytes = 4 << 20;

  // `reactor` must outlive this; `call` lives until OnClosed().
  StreamCall(scheduling::Reactor& reactor, const Limits& limits, transport::Call& call);
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;

  void OnMessage(transport::Buffer message) override;
  void OnHalfClose() override;
  void OnBroken(const absl::Status& status) override;
  void OnDrain() override;
  void OnSent() override { Pace(); }
  void OnClosed(bool finished) override;

 private:
  class Request;

  ~StreamCall();
  void Answered();  // one of the requests; may destroy this
  void Advance();
  void Send(Request& request);
  void Pace();

  scheduling::Reactor& reactor_;
  const Limits limits_;
  transport::Call* call_;  // none once the client is gone
  const bool errors_end_stream_;
  std::deque<std::unique_ptr<Request>> requests_;  // in order, those that have not been sent
  std::vector<std::unique_ptr<Request>> spare_;
  size_t computing_ = 0;   // of requests_, how many have no answer yet
  size_t held_bytes_ = 0;  // by requests_, as each was added
  bool read_all_ = false;
  bool draining_ = false;
  bool finished_ = false;  // the status is given
  bool paused_ = false;
  bool closing_ = false;  // within OnClosed()
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_STREAM_CALL_H_
