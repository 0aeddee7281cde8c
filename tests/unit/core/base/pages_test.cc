// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "server/core/base/aligned_buffer.h"

namespace hillock {
namespace {

TEST(MapPages, BeginOnAHugePageZeroed) {
  for (const size_t bytes : {size_t{1}, kHugePage, kHugePage + 1, 3 * kHugePage - 1}) {
    auto* const pages = static_cast<char*>(MapPages(bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(pages) % kHugePage, 0u) << bytes;
    EXPECT_TRUE(std::all_of(pages, pages + bytes, [](char byte) { return byte == 0; })) << bytes;
    std::fill_n(pages, bytes, 'x');
    UnmapPages(pages, bytes);
  }
}

TEST(MapPages, ThrowsWhenThereIsNoRoom) { EXPECT_THROW(MapPages(SIZE_MAX / 4), std::bad_alloc); }

TEST(MapPages, HoldLargeBuffers) {
  AlignedBuffer<float> large(kHugePage / sizeof(float));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(large.data()) % kHugePage, 0u);
  large.data()[large.size() - 1] = 7;
  AlignedBuffer<float> moved(std::move(large));
  EXPECT_EQ(moved.data()[moved.size() - 1], 7);
  moved = AlignedBuffer<float>(3);
  EXPECT_EQ(moved.size(), 3u);
}

}  // namespace
}  // namespace hillock
