// SPDX-License-Identifier: Apache-2.0
#include "tests/support/wire/fake_call.h"

#include <iterator>

namespace hillock::testing {

FakeCall::~FakeCall() { Leave(); }

void FakeCall::Send(std::string_view message) {
  if (!open()) return;
  HILLOCK_CHECK(!paused_);  // a transport would keep the message
  transport::Buffer buffer = NewBuffer();
  buffer.Reserve(message.size());
  buffer.Append(message);
  handler_->OnMessage(std::move(buffer));
  CloseIfFinished();
}

void FakeCall::HalfClose() {
  if (!open()) return;
  handler_->OnHalfClose();
  CloseIfFinished();
}

void FakeCall::Leave() {
  if (open()) std::exchange(handler_, nullptr)->OnClosed(/*finished=*/false);
}

void FakeCall::ReadAll() {
  reads_ = true;
  received_.insert(received_.end(), std::move_iterator(unread_.begin()),
                   std::move_iterator(unread_.end()));
  unread_.clear();
  const bool fell = std::exchange(unsent_bytes_, 0) > 0;
  if (open() && fell && !finished_) handler_->OnSent();
  CloseIfFinished();
}

void FakeCall::Break(const absl::Status& status) {
  if (!open()) return;
  handler_->OnBroken(status);
  HILLOCK_CHECK(!finished_);  // the transport ends the call
  finished_ = status;
  CloseIfFinished();
}

void FakeCall::Drain() {
  if (!open()) return;
  handler_->OnDrain();
  CloseIfFinished();
}

void FakeCall::AwaitEnd() {
  for (CloseIfFinished(); open(); CloseIfFinished()) loop_.Poll(FromSeconds(1));
}

std::string_view FakeCall::metadata(std::string_view name) const {
  for (const auto& [key, value] : metadata_) {
    if (key == name) return value;
  }
  return {};
}

void FakeCall::Send(transport::Buffer message, bool) {
  HILLOCK_CHECK(open() && !finished_);
  message.Prepend(5);  // as the transport does
  std::string bytes(message.view().substr(5));
  if (reads_) {
    received_.push_back(std::move(bytes));
  } else {
    unsent_bytes_ += bytes.size();
    unread_.push_back(std::move(bytes));
  }
}

void FakeCall::Finish(const absl::Status& status, transport::Metadata) {
  HILLOCK_CHECK((open() || !routed_) && !finished_);
  finished_ = status;
}

void FakeCall::CloseIfFinished() {
  if (!open() || !finished_ || !unread_.empty()) return;
  status_ = finished_;
  std::exchange(handler_, nullptr)->OnClosed(/*finished=*/true);
}

}  // namespace hillock::testing
