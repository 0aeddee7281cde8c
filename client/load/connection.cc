// SPDX-License-Identifier: Apache-2.0
#include "client/load/connection.h"

#include <algorithm>
#include <utility>

namespace hillock::client {
namespace {

constexpr Nanos kFirstPause = 20'000'000;
constexpr size_t kMaxDoublings = 6;  // 1.28 s

}  // namespace

void LoadConnection::Connect(Nanos now) {
  ++failures_;
  was_up_ = false;
  auto stream = dialer_.Dial(address_);
  if (!stream.ok()) {
    last_error_ = stream.status();
    return PlanAttempt(now);
  }
  transport::ClientConnection::Owner& self = *this;
  current_ =
      std::make_unique<transport::ClientConnection>(loop_, method_, self, *std::move(stream));
  current_->Flush();
}

void LoadConnection::PlanAttempt(Nanos now) {
  if (!was_up_) address_ = (address_ + 1) % dialer_.count();
  next_attempt_ = now + (kFirstPause << std::min(failures_, kMaxDoublings));
}

void LoadConnection::Cancel(transport::ClientCall& call) { call.connection()->Cancel(call); }

void LoadConnection::Flush() {
  // Callbacks may replace the current one meanwhile.
  for (size_t i = 0; i < replaced_.size(); ++i) replaced_[i]->Flush();
  if (current_ != nullptr) current_->Flush();
}

void LoadConnection::DropEnded() {
  std::erase_if(replaced_, [](const auto& connection) { return connection->calls() == 0; });
}

void LoadConnection::OnReady(transport::ClientConnection&) {
  was_up_ = true;
  owner_.OnUp();
}

// A connection that worked until now is replaced without a pause: a server that sends a GOAWAY
// accepts the next one. The old one is only moved here, as this is called from within it.
void LoadConnection::OnUnusable(transport::ClientConnection&, const absl::Status& why) {
  last_error_ = why;
  replaced_.push_back(std::move(current_));
  const Nanos now = Clock::Monotonic().Now();
  if (was_up_ && failures_ <= 1) {
    Connect(now);
  } else {
    PlanAttempt(now);
  }
  owner_.OnDown();
}

void LoadConnection::OnAnswer(transport::ClientCall& call, Nanos arrived) {
  if (call.answer().has_status()) failures_ = 0;
  owner_.OnAnswer(call, arrived);
}

}  // namespace hillock::client
