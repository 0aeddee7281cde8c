// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_BUFFER_H_
#define HILLOCK_SERVER_TRANSPORT_BUFFER_H_

#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "server/transport/memory.h"

namespace hillock::transport {

// The bytes of one message. They grow at the end without being zeroed, and have room for prefixes
// before them. Movable, not copyable; what it allocates is charged to an account, if it has one,
// and it must die on that account's thread. Not thread-safe.
class Buffer {
 public:
  static constexpr size_t kHeadroom = 16;  // bytes that Prepend() may add in all

  Buffer() = default;
  explicit Buffer(MemoryAccount& account) : account_(&account) {}
  Buffer(Buffer&& other) noexcept { Swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~Buffer() { Free(); }

  // An empty one that is charged to the same account.
  Buffer NewLike() const {
    Buffer buffer;
    buffer.account_ = account_;
    return buffer;
  }

  // Null while nothing is allocated.
  char* data() { return block_ == nullptr ? nullptr : block_ + begin_; }
  const char* data() const { return block_ == nullptr ? nullptr : block_ + begin_; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return size() == 0; }
  std::string_view view() const { return {data(), size()}; }

  // Bytes that are allocated.
  size_t allocated() const { return allocated_; }

  // Allocates for `bytes` bytes in all, so that none of them moves until there are more.
  void Reserve(size_t bytes);

  // The same if the account's budget has room; else changes nothing. True without an account.
  bool TryReserve(size_t bytes);

  // Appends `bytes` bytes whose values are yet to be written, and returns where they begin. What
  // was there may move.
  char* Extend(size_t bytes);
  void Append(std::string_view text);

  // Puts `bytes` bytes before all others and returns where they begin. REQUIRES: no more than
  // kHeadroom over the life of the contents, and something was reserved or appended.
  char* Prepend(size_t bytes);

  // Drops bytes at the end. REQUIRES: size <= size().
  void Truncate(size_t size) { end_ = begin_ + size; }

  // Drops bytes at the beginning; the others move there. REQUIRES: bytes <= size().
  void DropFront(size_t bytes);

  // Drops the contents but not the memory.
  void Clear() { begin_ = end_ = kHeadroom; }

  // Drops the contents and the memory.
  void Free();

 private:
  void Swap(Buffer& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(block_, other.block_);
    std::swap(allocated_, other.allocated_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
  }
  void Reallocate(size_t block_bytes);

  MemoryAccount* account_ = nullptr;
  char* block_ = nullptr;
  size_t allocated_ = 0;
  size_t begin_ = kHeadroom;  // within the block, as end_
  size_t end_ = kHeadroom;
};

// For a request that TryReserve() found no room for: RESOURCE_EXHAUSTED.
absl::Status OutOfRequestMemory();

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_BUFFER_H_
