// SPDX-License-Identifier: Apache-2.0
#include "server/transport/buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "server/core/base/status.h"

namespace hillock::transport {

void Buffer::Free() {
  if (block_ == nullptr) return;
  std::free(block_);
  if (account_ != nullptr) account_->Release(allocated_);
  block_ = nullptr;
  allocated_ = 0;
  Clear();
}

void Buffer::Reserve(size_t bytes) {
  const size_t wanted = begin_ + bytes;
  if (wanted <= allocated_) return;
  if (account_ != nullptr) account_->Charge(wanted - allocated_);
  Reallocate(wanted);
}

bool Buffer::TryReserve(size_t bytes) {
  const size_t wanted = begin_ + bytes;
  if (wanted <= allocated_) return true;
  if (account_ != nullptr && !account_->TryCharge(wanted - allocated_)) return false;
  Reallocate(wanted);
  return true;
}

void Buffer::Reallocate(size_t block_bytes) {
  auto* const block = static_cast<char*>(std::realloc(block_, block_bytes));
  if (block == nullptr) throw std::bad_alloc();
  block_ = block;
  allocated_ = block_bytes;
}

char* Buffer::Extend(size_t bytes) {
  const size_t wanted = size() + bytes;
  if (begin_ + wanted > allocated_) Reserve(std::max(wanted, 2 * size()));
  char* const at = block_ + end_;
  end_ += bytes;
  return at;
}

void Buffer::Append(std::string_view text) {
  if (!text.empty()) std::memcpy(Extend(text.size()), text.data(), text.size());
}

void Buffer::DropFront(size_t bytes) {
  HILLOCK_CHECK(bytes <= size());
  const size_t left = size() - bytes;
  if (left > 0) std::memmove(data(), data() + bytes, left);
  Truncate(left);
}

char* Buffer::Prepend(size_t bytes) {
  HILLOCK_CHECK(block_ != nullptr && bytes <= begin_);
  begin_ -= bytes;
  return data();
}

absl::Status OutOfRequestMemory() {
  return absl::ResourceExhaustedError("the server's memory for requests is used up");
}

}  // namespace hillock::transport
