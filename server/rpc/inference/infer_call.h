// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_INFERENCE_INFER_CALL_H_
#define HILLOCK_SERVER_RPC_INFERENCE_INFER_CALL_H_

#include <memory>
#include <vector>

#include "server/rpc/inference/infer_job.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

class InferCall;

// The ModelInfer calls of one reactor, which are used again and again. Each takes one message, adds
// it to the batch and answers it. Belongs to the reactor's thread.
class InferCalls {
 public:
  // This must outlive its calls.
  explicit InferCalls(const InferContext& context);
  ~InferCalls();

  // The handler of a new call.
  transport::Handler* Open(transport::Call& call);

 private:
  friend class InferCall;
  void Recycle(InferCall& call);

  const InferContext context_;
  std::vector<std::unique_ptr<InferCall>> idle_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_INFER_CALL_H_
