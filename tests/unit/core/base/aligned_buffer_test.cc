// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/aligned_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace hillock {
namespace {

using ::testing::Each;

static_assert(!std::is_copy_constructible_v<AlignedBuffer<float>>);
static_assert(std::is_nothrow_move_constructible_v<AlignedBuffer<float>>);

TEST(AlignedBuffer, BeginsOnACacheLine) {
  for (const size_t size : {1u, 3u, 16u, 1000u}) {
    const AlignedBuffer<float> buffer(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0u) << size;
    const AlignedBuffer<char> bytes(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % 64, 0u) << size;
  }
}

TEST(AlignedBuffer, BeginsZeroed) {
  for (int again = 0; again < 3; ++again) {
    AlignedBuffer<float> buffer(1000);
    EXPECT_EQ(buffer.span().size(), 1000u);
    EXPECT_THAT(buffer.span(), Each(0.0f));
    for (float& value : buffer.span()) value = 7;  // for the next one to find
  }
}

TEST(AlignedBuffer, MayBeEmpty) {
  const AlignedBuffer<float> none;
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_TRUE(none.span().empty());
  const AlignedBuffer<float> zero(0);
  EXPECT_EQ(zero.data(), nullptr);
  EXPECT_EQ(zero.size(), 0u);
}

TEST(AlignedBuffer, KeepsItsElementsWhereTheyAreWhenMoved) {
  AlignedBuffer<int> from(4);
  from.data()[2] = 42;
  const int* const place = from.data();
  AlignedBuffer<int> to(std::move(from));
  EXPECT_EQ(to.data(), place);
  EXPECT_EQ(to.size(), 4u);
  EXPECT_EQ(to.data()[2], 42);
  AlignedBuffer<int> assigned(9);
  assigned = std::move(to);
  EXPECT_EQ(assigned.data(), place);
  EXPECT_EQ(assigned.size(), 4u);
}

TEST(AlignedBuffer, IsEmptyOnceMovedFrom) {
  AlignedBuffer<int> from(4);
  const AlignedBuffer<int> to(std::move(from));
  EXPECT_EQ(from.data(), nullptr);  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(from.size(), 0u);
}

}  // namespace
}  // namespace hillock
