// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/cpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace hillock {
namespace {

using ::testing::DoubleEq;
using ::testing::Eq;
using ::testing::Optional;

TEST(ParseCpuMax, DividesTheQuotaByThePeriod) {
  const std::vector<std::pair<std::string, double>> table = {
      {"100000 100000", 1},  {"150000 100000", 1.5},  {"150000 100000\n", 1.5},
      {"50000 100000", 0.5}, {"1000 1000000", 0.001}, {"6400000 100000", 64},
      {"200000 50000", 4},
  };
  for (const auto& [text, cores] : table) {
    EXPECT_THAT(ParseCpuMax(text), Optional(DoubleEq(cores))) << text;
  }
}

TEST(ParseCpuMax, FindsNoLimitInAnythingElse) {
  for (const char* text : {"max 100000", "max", "", " ", "100000", "100000 ", "0 100000",
                           "-1 100000", "100000 0", "100000 -5", "abc def", "100000,100000",
                           "nan 100000", "100000 nan", "inf 100000", "1e999 1"}) {
    EXPECT_THAT(ParseCpuMax(text), Eq(std::nullopt)) << "'" << text << "'";
  }
}

TEST(CpuQuotaOf, ReadsEitherVersionsFiles) {
  const testing::TemporaryFolder group;
  const auto quota = [&] { return CpuQuotaOf(group.path().string()); };
  EXPECT_THAT(quota(), Eq(std::nullopt));
  group.Write("cpu.cfs_quota_us", "50000\n");
  group.Write("cpu.cfs_period_us", "100000\n");
  EXPECT_THAT(quota(), Optional(DoubleEq(0.5)));
  group.Write("cpu.cfs_quota_us", "-1\n");
  EXPECT_THAT(quota(), Eq(std::nullopt));
  group.Write("cpu.max", "150000 100000\n");
  EXPECT_THAT(quota(), Optional(DoubleEq(1.5)));
}

TEST(UsableCores, IsAtLeastOneAndNoMoreThanTheAffinityMaskHas) {
  cpu_set_t set;
  CPU_ZERO(&set);
  ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
  EXPECT_GE(UsableCores(), 1);
  EXPECT_LE(UsableCores(), CPU_COUNT(&set));
}

TEST(UsableCores, AreThoseOfTheMaskCutToTheQuota) {
  cpu_set_t set;
  CPU_ZERO(&set);
  ASSERT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
  const double granted = CpuQuota().value_or(CPU_COUNT(&set));
  EXPECT_GT(granted, 0);
  EXPECT_EQ(UsableCores(), std::min<int>(CPU_COUNT(&set), static_cast<int>(std::ceil(granted))));
}

TEST(UsableCores, FollowsTheAffinityMask) {
  cpu_set_t before;
  CPU_ZERO(&before);
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &before)) ++cpu;
  CPU_SET(cpu, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(UsableCores(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
}

}  // namespace
}  // namespace hillock
