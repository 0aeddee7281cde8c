// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/memory.h"

#include <gtest/gtest.h>

namespace hillock {
namespace {

TEST(MemoryTest, ReadsLimits) {
  EXPECT_EQ(ParseMemoryLimit("536870912"), size_t{512} << 20);
  EXPECT_EQ(ParseMemoryLimit("4096\n"), 4096);
  for (const char* none : {"", "max", "max\n", "9223372036854771712", "-1", "x"}) {
    EXPECT_FALSE(ParseMemoryLimit(none)) << none;
  }
}

TEST(MemoryTest, KnowsThisProcess) {
  EXPECT_GT(ResidentBytes(), size_t{1} << 20);
  EXPECT_LT(ResidentBytes(), MemoryLimit());
}

}  // namespace
}  // namespace hillock
