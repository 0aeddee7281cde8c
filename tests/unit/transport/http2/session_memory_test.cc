// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/session_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <thread>
#include <vector>

namespace hillock::transport {
namespace {

constexpr size_t kHuge = std::numeric_limits<size_t>::max();

const nghttp2_mem& Memory() { return *SessionMemory(); }
void* Allocate(size_t size) { return Memory().malloc(size, nullptr); }
void Free(void* data) { Memory().free(data, nullptr); }
std::span<unsigned char> Bytes(void* data, size_t size) {
  return {static_cast<unsigned char*>(data), size};
}

class SessionMemorySizeTest : public testing::TestWithParam<size_t> {};

TEST_P(SessionMemorySizeTest, GivesThatManyAlignedBytes) {
  void* const data = Allocate(GetParam());
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % alignof(std::max_align_t), 0U);
  std::ranges::fill(Bytes(data, GetParam()), 0xff);
  Free(data);
}

TEST_P(SessionMemorySizeTest, ZeroesWhatWasUsedBefore) {
  void* const used = Allocate(GetParam());
  std::ranges::fill(Bytes(used, GetParam()), 0xff);
  Free(used);
  void* const data = Memory().calloc(1, GetParam(), nullptr);
  EXPECT_TRUE(std::ranges::all_of(Bytes(data, GetParam()), [](auto byte) { return byte == 0; }));
  Free(data);
}

TEST_P(SessionMemorySizeTest, KeepsBytesWhenABlockGrowsOrShrinks) {
  for (const size_t to : {size_t{1}, size_t{65}, size_t{1025}, size_t{5000}}) {
    void* data = Allocate(GetParam());
    std::ranges::fill(Bytes(data, GetParam()), 0x5a);
    data = Memory().realloc(data, to, nullptr);
    const auto kept = Bytes(data, std::min(to, GetParam()));
    EXPECT_TRUE(std::ranges::all_of(kept, [](auto byte) { return byte == 0x5a; })) << to;
    Free(data);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, SessionMemorySizeTest,
                         testing::Values(0, 1, 63, 64, 65, 1000, 1024, 1025, 70'000));

TEST(SessionMemoryTest, GivesAFreedBlockToTheNextOfItsSize) {
  void* const first = Allocate(100);
  Free(first);
  void* const second = Allocate(128);
  EXPECT_EQ(second, first);
  Free(second);
}

TEST(SessionMemoryTest, RefusesSizesThatNoMemoryHas) {
  EXPECT_EQ(Allocate(kHuge), nullptr);
  EXPECT_EQ(Memory().calloc(kHuge / 2, 3, nullptr), nullptr);
  void* const data = Allocate(8);
  EXPECT_EQ(Memory().realloc(data, kHuge, nullptr), nullptr);
  Free(data);
  Free(nullptr);
}

TEST(SessionMemoryTest, ABlockMayBeFreedByAnotherThread) {
  std::vector<void*> blocks(4096);
  std::ranges::generate(blocks, [] { return Allocate(256); });
  std::thread([&] { std::ranges::for_each(blocks, Free); }).join();
}

}  // namespace
}  // namespace hillock::transport
