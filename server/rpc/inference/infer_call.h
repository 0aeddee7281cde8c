#ifndef HILLOCK_SERVER_RPC_INFERENCE_INFER_CALL_H_
#define HILLOCK_SERVER_RPC_INFERENCE_INFER_CALL_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "server/core/base/status.h"
#include "server/rpc/inference/infer_job.h"
#include "server/rpc/messages/codec.h"
#include "server/scheduling/reactor.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

class InferCall;

// The ModelInfer calls of one reactor. Belongs to its thread.
class InferCalls {
 public:
  // `reactor` must outlive this.
  InferCalls(scheduling::Reactor& reactor, const Limits& limits)
      : reactor_(reactor), limits_(limits) {}
  ~InferCalls();

  transport::Handler* Open(transport::Call& call);

 private:
  friend class InferCall;
  void Recycle(InferCall& call);

  scheduling::Reactor& reactor_;
  const Limits limits_;
  std::vector<std::unique_ptr<InferCall>> idle_;
};

// One ModelInfer call, used again and again: it takes one message, adds it to the batch and answers
// it. When its client leaves before that, it waits for the batcher to let go of it.
class InferCall final : public transport::Handler, public InferJob {
 public:
  explicit InferCall(InferCalls& owner) : InferJob(owner.reactor_, owner.limits_), owner_(owner) {}

  void Open(transport::Call& call);

  void OnMessage(transport::Buffer message) override;
  void OnHalfClose() override;
  void OnBroken(const absl::Status& status) override { Refuse(status); }
  void OnClosed(bool finished) override;

 private:
  void Answer(const absl::Status& status) override;

  InferCalls& owner_;
  transport::Call* call_ = nullptr;  // none once its client is gone
  transport::Buffer message_;
  bool has_message_ = false;
  bool answered_ = false;
  bool serving_ = false;  // the batcher has the job
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_INFER_CALL_H_
