// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_CALLS_UNARY_CALL_H_
#define HILLOCK_SERVER_RPC_CONTROL_CALLS_UNARY_CALL_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/core/base/status.h"
#include "server/rpc/control/calls/single_request_handler.h"
#include "server/rpc/control/calls/worker.h"
#include "server/transport/net/event_loop.h"

namespace hillock::rpc {

// From the bytes of a request to those of its answer.
using UnaryFunction = std::function<absl::StatusOr<std::string>(std::string_view request)>;

// One call of a control method with one request and one answer. The function runs on the call's
// event loop, or on a worker, and then the answer comes back to the loop; a call whose client
// leaves while it waits for the worker is withdrawn. The status is the function's, or INTERNAL
// unless one message comes, or RESOURCE_EXHAUSTED or UNAVAILABLE when the worker does not take it.
class UnaryCall final : public SingleRequestHandler,
                        public Worker::Task,
                        public std::enable_shared_from_this<UnaryCall> {
 public:
  // Null as `worker`: the function runs on the loop, and must be quick. It outlives the call
  // otherwise, and is stopped before the loop goes away.
  static transport::Handler* Open(transport::Call& call, UnaryFunction function, Worker* worker);

  void Run() override;
  void Drop() override;

 private:
  UnaryCall(transport::Call& call, UnaryFunction function, Worker* worker);

  void OnRequest(std::string request) override;
  void OnOver() override;
  void PostAnswer();
  void Answer();

  transport::EventLoop& loop_;
  const UnaryFunction function_;
  Worker* const worker_;

  // The loop's until the worker has taken the call, the worker's until it has posted the answer.
  std::string request_;
  absl::StatusOr<std::string> answer_;

  std::shared_ptr<UnaryCall> self_;  // while the call is open; the worker may live longer
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_CALLS_UNARY_CALL_H_
