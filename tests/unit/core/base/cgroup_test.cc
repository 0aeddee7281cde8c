// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hillock {
namespace {

TEST(CgroupOf, FindsTheLineOfTheController) {
  const char* const text =
      "12:cpuset:/set\n4:cpu,cpuacct:/docker/ab:c\n2:memory:/mem\n0::/system.slice/x.service\n";
  EXPECT_EQ(CgroupOf(text, "cpu"), "/docker/ab:c");
  EXPECT_EQ(CgroupOf(text, "cpuset"), "/set");
  EXPECT_EQ(CgroupOf(text, "memory"), "/mem");
  EXPECT_EQ(CgroupOf(text, ""), "/system.slice/x.service");
  EXPECT_EQ(CgroupOf(text, "pids"), "/");
  for (const char* junk : {"", "\n", "x", "1:cpu"}) EXPECT_EQ(CgroupOf(junk, "cpu"), "/") << junk;
}

TEST(CgroupFolders, EndAtTheMount) {
  const auto folders = CgroupFolders("/mount", "");
  ASSERT_FALSE(folders.empty());
  EXPECT_EQ(folders.back(), "/mount");
  EXPECT_THAT(folders, ::testing::Each(::testing::StartsWith("/mount")));
}

TEST(FirstLine, IsEmptyWhenThereIsNone) {
  EXPECT_EQ(FirstLine("/no such file"), "");
  EXPECT_NE(FirstLine("/proc/self/cgroup").find(':'), std::string::npos);
}

}  // namespace
}  // namespace hillock
