// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/calls/single_request_handler.h"

#include <utility>

#include "server/rpc/control/calls/message.h"

namespace hillock::rpc {

void SingleRequestHandler::OnMessage(transport::Buffer message) {
  if (call_ == nullptr) return;
  if (request_) {
    return Finish(absl::InternalError("got a second message, want one and then the end of them"));
  }
  if (const auto checked = CheckControlRequestBytes(message.size()); !checked.ok()) {
    return Finish(checked);
  }
  request_.emplace(message.view());
}

void SingleRequestHandler::OnHalfClose() {
  if (call_ == nullptr) return;
  if (!request_) return Finish(absl::InternalError("got no message, want one"));
  OnRequest(std::move(*request_));
}

void SingleRequestHandler::OnClosed(bool) {
  call_ = nullptr;
  OnOver();
}

void SingleRequestHandler::Finish(const absl::Status& status) {
  std::exchange(call_, nullptr)->Finish(status);
}

}  // namespace hillock::rpc
