// SPDX-License-Identifier: Apache-2.0
#include "server/transport/grpc/message_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace hillock::transport {
namespace {

// A body up to this size gets its memory at once. A larger one gets it as it arrives, so that a
// client cannot claim memory by sending prefixes.
constexpr size_t kReservedAtOnce = size_t{256} << 10;

}  // namespace

void MessageReader::Open(MemoryAccount& account, const Limits& limits, size_t& unfinished) {
  account_ = &account;
  limits_ = &limits;
  unfinished_ = &unfinished;
  encoding_ = Encoding::kIdentity;
  state_ = State::kPrefix;
  prefix_size_ = body_size_ = 0;
  message_ = Buffer(account);
}

// What is being decompressed, or is complete, is not counted as unfinished any more.
void MessageReader::Close() {
  if (state_ == State::kPrefix || state_ == State::kBody) *unfinished_ -= message_.allocated();
  message_.Free();
  inflater_.reset();
}

absl::Status MessageReader::Read(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (state_ == State::kPrefix) {
      prefix_[prefix_size_++] = bytes.front();
      bytes.remove_prefix(1);
      if (prefix_size_ < kPrefixBytes) continue;
      HILLOCK_RETURN_IF_ERROR(BeginBody());
    } else {
      const size_t some = std::min(body_size_ - message_.size(), bytes.size());
      HILLOCK_RETURN_IF_ERROR(MakeRoom(some));
      message_.Append(bytes.substr(0, some));
      bytes.remove_prefix(some);
    }
    if (message_.size() < body_size_) continue;
    EndBody();
    break;
  }
  return absl::OkStatus();
}

absl::Status MessageReader::BeginBody() {
  const auto flag = static_cast<uint8_t>(prefix_[0]);
  if (flag > 1) {
    return absl::InternalError(
        fmt::format("got a message whose compression flag is {}, want 0 or 1", flag));
  }
  if (flag == 1 && encoding_ == Encoding::kIdentity) {
    return absl::InternalError("got a compressed message without a grpc-encoding");
  }
  body_size_ = ReadLength(prefix_.data());
  if (body_size_ > limits_->message_bytes) {
    return absl::ResourceExhaustedError(fmt::format("got a message of {} bytes, want at most {}",
                                                    body_size_, limits_->message_bytes));
  }
  state_ = State::kBody;
  return absl::OkStatus();
}

// Growth doubles, so that a body moves O(log size) times.
absl::Status MessageReader::MakeRoom(size_t bytes) {
  const size_t before = message_.allocated();
  const size_t needed = message_.size() + bytes;
  if (needed + Buffer::kHeadroom <= before) return absl::OkStatus();
  const size_t wanted = body_size_ <= kReservedAtOnce
                            ? body_size_
                            : std::min(body_size_, std::max(needed, 2 * message_.size()));
  if (*unfinished_ + wanted > limits_->unfinished_bytes + before) {
    return absl::ResourceExhaustedError(
        fmt::format("this connection has {} bytes of unfinished messages, want at most {}",
                    *unfinished_, limits_->unfinished_bytes));
  }
  if (!message_.TryReserve(wanted)) return OutOfRequestMemory();
  *unfinished_ += message_.allocated() - before;
  return absl::OkStatus();
}

void MessageReader::EndBody() {
  *unfinished_ -= message_.allocated();
  state_ = State::kComplete;
  if (!was_compressed()) return;
  inflater_ = std::make_unique<Inflater>(std::exchange(message_, Buffer(*account_)),
                                         limits_->message_bytes, Buffer(*account_));
  state_ = State::kInflating;
}

absl::Status MessageReader::Inflate(size_t bytes) {
  const absl::StatusOr<bool> done = inflater_->Step(bytes);
  if (done.ok() && !*done) return absl::OkStatus();
  if (done.ok()) message_ = inflater_->TakeOutput();
  inflater_.reset();
  state_ = State::kComplete;
  return done.status();
}

Buffer MessageReader::Take() {
  HILLOCK_CHECK(state_ == State::kComplete);
  state_ = State::kPrefix;
  prefix_size_ = 0;
  return std::exchange(message_, Buffer(*account_));
}

}  // namespace hillock::transport
