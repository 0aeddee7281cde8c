// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_INFERENCE_STREAM_CALL_H_
#define HILLOCK_SERVER_RPC_INFERENCE_STREAM_CALL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "server/core/base/status.h"
#include "server/rpc/inference/infer_job.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

// One ModelStreamInfer call. It reads ahead, so that requests of one stream share a batch, and
// answers in the order of the requests. Its memory is bounded whatever the client does: at most
// kReadAhead requests that have no answer yet, and no further one while these, and the answers that
// the client has not taken, hold kReadAheadBytes.
//
// A request that fails is answered with error_message, and the stream goes on. With the metadata
// `triton_grpc_error: true` the stream ends with that status instead.
//
//     kOpen --half-close--> kReadAll --all answered--> kFinished: OK
//       |                     ^
//       | OnDrain()           | half-close
//       v                     |
//     kDraining --------------+
//       |
//       | all answered
//       v
//     kFinished: UNAVAILABLE    (also from the first three, by a failed request or a broken
//     message)
//
//     any --OnClosed()--> kClosing: what the batcher has is abandoned
//                             |
//                             v
//                         kAbandoned --the last one is answered--> destroyed
//
// It owns itself, from construction until OnClosed() or the last answer after that. Belongs to its
// reactor's thread.
class StreamCall final : public transport::Handler {
 public:
  static constexpr size_t kReadAhead = 64;
  static constexpr size_t kReadAheadBytes = 4 << 20;

  // `call` lives until OnClosed().
  StreamCall(const InferContext& context, transport::Call& call);
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

  enum class State : uint8_t {
    kOpen,
    kReadAll,
    kDraining,
    kFinished,
    kClosing,  // within OnClosed(), which answers must not destroy this in
    kAbandoned,
  };

  ~StreamCall();
  void OnAnswer();  // of one of the requests; may destroy this
  void Advance();
  void Finish(const absl::Status& status);
  void Send(Request& request);
  void Pace();

  const InferContext context_;
  transport::Call& call_;  // not to be used from kClosing on
  const bool errors_end_stream_;
  std::deque<std::unique_ptr<Request>> requests_;  // in order, those that have not been sent
  std::vector<std::unique_ptr<Request>> spare_;
  size_t computing_ = 0;   // of requests_, how many have no answer yet
  size_t held_bytes_ = 0;  // by requests_, as each was added
  State state_ = State::kOpen;
  bool paused_ = false;  // the client is held back
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_STREAM_CALL_H_
