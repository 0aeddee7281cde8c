// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/session_memory.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

namespace hillock::transport {
namespace {

constexpr size_t kStep = 64;           // bytes from one size of blocks to the next
constexpr size_t kLargestKept = 1024;  // bytes of a block
constexpr size_t kSizes = kLargestKept / kStep;
constexpr size_t kMaxKeptBytes = size_t{256} << 10;  // of a thread

// Before the bytes that nghttp2 sees, which are aligned as malloc() aligns.
struct alignas(std::max_align_t) Block {
  size_t bytes;           // that nghttp2 may use
  Block* next = nullptr;  // while it is kept

  void* data() { return this + 1; }
  static Block* Of(void* data) { return static_cast<Block*>(data) - 1; }
};

// The blocks that a thread keeps, by size.
class KeptBlocks {
 public:
  constexpr KeptBlocks() = default;
  ~KeptBlocks() {
    for (Block* block : first_) {
      while (block != nullptr) std::free(std::exchange(block, block->next));
    }
  }
  KeptBlocks(const KeptBlocks&) = delete;
  KeptBlocks& operator=(const KeptBlocks&) = delete;

  // Null when none of that size is kept.
  Block* Take(size_t bytes) {
    if (bytes > kLargestKept) return nullptr;
    Block*& first = first_[Index(bytes)];
    if (first == nullptr) return nullptr;
    kept_bytes_ -= bytes;
    return std::exchange(first, first->next);
  }

  // False when it is not to be kept.
  bool Keep(Block* block) {
    if (block->bytes > kLargestKept || kept_bytes_ + block->bytes > kMaxKeptBytes) return false;
    kept_bytes_ += block->bytes;
    block->next = std::exchange(first_[Index(block->bytes)], block);
    return true;
  }

 private:
  static size_t Index(size_t bytes) { return bytes / kStep - 1; }

  std::array<Block*, kSizes> first_{};
  size_t kept_bytes_ = 0;
};

// Constant-initialized, so that no access has to ask whether it exists.
constinit thread_local KeptBlocks kept_blocks;

void* Allocate(size_t size, void*) {
  if (size > std::numeric_limits<size_t>::max() - sizeof(Block) - kStep) return nullptr;
  const size_t bytes = (std::max<size_t>(size, 1) + kStep - 1) / kStep * kStep;
  Block* block = kept_blocks.Take(bytes);
  if (block == nullptr) {
    block = static_cast<Block*>(std::malloc(sizeof(Block) + bytes));
    if (block == nullptr) return nullptr;
    block->bytes = bytes;
  }
  return block->data();
}

void Free(void* data, void*) {
  if (data == nullptr) return;
  Block* const block = Block::Of(data);
  if (!kept_blocks.Keep(block)) std::free(block);
}

void* AllocateZeroed(size_t count, size_t size, void*) {
  if (size > 0 && count > std::numeric_limits<size_t>::max() / size) return nullptr;
  void* const data = Allocate(count * size, nullptr);
  if (data != nullptr) std::memset(data, 0, count * size);
  return data;
}

void* Reallocate(void* data, size_t size, void*) {
  if (data == nullptr) return Allocate(size, nullptr);
  const size_t bytes = Block::Of(data)->bytes;
  if (size <= bytes && size > bytes / 2) return data;
  void* const moved = Allocate(size, nullptr);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, data, std::min(size, bytes));
  Free(data, nullptr);
  return moved;
}

}  // namespace

nghttp2_mem* SessionMemory() {
  static nghttp2_mem memory{nullptr, Allocate, Free, AllocateZeroed, Reallocate};
  return &memory;
}

}  // namespace hillock::transport
