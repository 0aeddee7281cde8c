// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/echo_handler.h"

#include <utility>

#include "server/core/base/status.h"

namespace hillock::fuzz {

EchoHandler::EchoHandler(transport::Call& call, Pace pace)
    : call_(&call), pace_(pace), compresses_(call.metadata("compress") == "yes") {}

void EchoHandler::OnMessage(transport::Buffer message) {
  HILLOCK_CHECK(!closed() && !paused_ && !read_all_ && !broken_);
  if (pace_ == Pace::kAtEnd) {
    kept_.push_back(std::move(message));
    return;
  }
  Send(std::move(message));
  if (pace_ != Pace::kSlow) return;
  paused_ = true;
  call_->SetPaused(true);
}

void EchoHandler::OnHalfClose() {
  HILLOCK_CHECK(!closed() && !read_all_ && !broken_);
  read_all_ = true;
  for (transport::Buffer& message : kept_) Send(std::move(message));
  kept_.clear();
  call_->Finish(absl::OkStatus());
}

void EchoHandler::OnBroken(const absl::Status& status) {
  HILLOCK_CHECK(!closed() && !read_all_ && !broken_ && !status.ok());
  broken_ = true;
}

void EchoHandler::OnDrain() { HILLOCK_CHECK(!closed() && !read_all_ && !broken_); }

void EchoHandler::OnSent() { HILLOCK_CHECK(!closed() && !read_all_ && !broken_); }

void EchoHandler::OnClosed(bool finished) {
  HILLOCK_CHECK(!closed() && (!finished || read_all_ || broken_));
  call_ = nullptr;
  kept_.clear();
}

void EchoHandler::Resume() {
  if (closed() || broken_ || !std::exchange(paused_, false)) return;
  call_->SetPaused(false);
}

void EchoHandler::Send(transport::Buffer message) {
  const size_t before = call_->unsent_bytes();
  call_->Send(std::move(message), compresses_);
  HILLOCK_CHECK(call_->unsent_bytes() > before);
}

}  // namespace hillock::fuzz
