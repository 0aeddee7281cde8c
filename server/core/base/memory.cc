// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

#include "server/core/base/cgroup.h"

namespace hillock {
namespace {

// Where the two versions of cgroups are mounted, and what they call the limit.
struct Hierarchy {
  std::string_view controller;  // none for version 2
  std::string_view root;
  std::string_view file;
};
constexpr Hierarchy kHierarchies[] = {{"", "/sys/fs/cgroup", "memory.max"},
                                      {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes"}};

constexpr size_t kNoLimit = size_t{1} << 60;

size_t PageBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

size_t LimitOf(const Hierarchy& hierarchy) {
  size_t tightest = kNoLimit;
  for (const std::string& folder : CgroupFolders(hierarchy.root, hierarchy.controller)) {
    const std::string text = FirstLine(fmt::format("{}/{}", folder, hierarchy.file));
    tightest = std::min(tightest, ParseMemoryLimit(text).value_or(kNoLimit));
  }
  return tightest;
}

}  // namespace

std::optional<size_t> ParseMemoryLimit(std::string_view text) {
  size_t bytes = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, bytes);
  if (error != std::errc() || rest == text.data() || bytes >= kNoLimit) return std::nullopt;
  return bytes;
}

size_t MemoryLimit() {
  size_t limit = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * PageBytes();
  for (const Hierarchy& hierarchy : kHierarchies) limit = std::min(limit, LimitOf(hierarchy));
  return limit;
}

size_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  file >> total >> resident;
  return resident * PageBytes();
}

}  // namespace hillock
