// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_CALLS_SINGLE_REQUEST_HANDLER_H_
#define HILLOCK_SERVER_RPC_CONTROL_CALLS_SINGLE_REQUEST_HANDLER_H_

#include <optional>
#include <string>

#include "server/transport/grpc/call.h"

namespace hillock::rpc {

// A handler of calls that bring one message. The call ends with INTERNAL when it brings none
// or two, RESOURCE_EXHAUSTED when it is too large for a control method's.
class SingleRequestHandler : public transport::Handler {
 public:
  void OnMessage(transport::Buffer message) final;
  void OnHalfClose() final;
  void OnBroken(const absl::Status&) final { call_ = nullptr; }
  void OnClosed(bool finished) final;

 protected:
  explicit SingleRequestHandler(transport::Call& call) : call_(&call) {}
  ~SingleRequestHandler() = default;

  // The message, once the client has half-closed.
  virtual void OnRequest(std::string request) = 0;

  // The last thing that is called: the handler may destroy itself.
  virtual void OnOver() = 0;

  // Null once the call has been finished, by whichever side.
  transport::Call* call() { return call_; }

  // Finishes the call. It may call OnOver(), so nothing of the handler may be used afterwards.
  // REQUIRES: call() is not null.
  void Finish(const absl::Status& status);

 private:
  transport::Call* call_;
  std::optional<std::string> request_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_CALLS_SINGLE_REQUEST_HANDLER_H_
