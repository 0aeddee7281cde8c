// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/reflection_call.h"

#include <utility>

#include "server/lifecycle/stopping.h"
#include "server/rpc/control/calls/message.h"

namespace hillock::rpc {

void ReflectionCall::OnMessage(transport::Buffer message) {
  if (call_ == nullptr) return;
  Reflection::Request request;
  if (const auto status = ParseControlRequest(message.view(), request); !status.ok()) {
    return Finish(status);
  }
  SendMessage(reflection_.Answer(request), *call_);
  HoldBack(call_->unsent_bytes() > kMaxUnsentBytes);
}

void ReflectionCall::OnHalfClose() {
  if (call_ != nullptr) Finish(absl::OkStatus());
}

void ReflectionCall::OnDrain() {
  if (call_ != nullptr) Finish(lifecycle::StoppingError());
}

void ReflectionCall::OnSent() {
  if (call_ != nullptr) HoldBack(call_->unsent_bytes() > kMaxUnsentBytes);
}

void ReflectionCall::HoldBack(bool paused) {
  if (std::exchange(paused_, paused) != paused) call_->SetPaused(paused);
}

// May destroy the handler.
void ReflectionCall::Finish(const absl::Status& status) {
  std::exchange(call_, nullptr)->Finish(status);
}

}  // namespace hillock::rpc
