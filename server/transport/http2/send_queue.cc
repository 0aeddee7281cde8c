// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/send_queue.h"

#include <algorithm>
#include <utility>

namespace hillock::transport {
namespace {

// Slots that are reused: of messages that have left, and for the next call.
constexpr size_t kReusedSlots = 64;

}  // namespace

void SendQueue::Push(Buffer message) {
  bytes_ += message.size();
  messages_.push_back(std::move(message));
}

// A message's memory is freed as soon as its last byte has moved; its slot only with others, so
// that a long queue is not shifted once for each message.
void SendQueue::Pop(size_t count, Buffer& out) {
  bytes_ -= count;
  while (count > 0) {
    Buffer& message = messages_[first_];
    const size_t some = std::min(count, message.size() - popped_);
    out.Append(message.view().substr(popped_, some));
    count -= some;
    popped_ += some;
    if (popped_ < message.size()) break;
    message.Free();
    popped_ = 0;
    ++first_;
  }
  if (first_ == messages_.size() || first_ == kReusedSlots) {
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
}

void SendQueue::Clear() {
  messages_.clear();
  if (messages_.capacity() > kReusedSlots) messages_.shrink_to_fit();
  first_ = popped_ = bytes_ = 0;
}

}  // namespace hillock::transport
