// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace hillock {
namespace {

// Where the two versions of cgroups are mounted, and what they call the limit.
struct Hierarchy {
  std::string_view controller;  // in /proc/self/cgroup: "ID:CONTROLLERS:PATH", none for version 2
  std::string_view root;
  std::string_view file;
};
constexpr Hierarchy kHierarchies[] = {{"", "/sys/fs/cgroup", "memory.max"},
                                      {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes"}};

constexpr size_t kNoLimit = size_t{1} << 60;

size_t PageBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// Whether `controllers`, which commas separate, are or include `controller`.
bool Lists(std::string_view controllers, std::string_view controller) {
  if (controllers == controller) return true;
  if (controller.empty()) return false;
  return fmt::format(",{},", controllers).find(fmt::format(",{},", controller)) !=
         std::string::npos;
}

// The process's folder in a hierarchy, such as "/system.slice/hillock.service"; "/" when unknown.
std::string OwnGroup(std::string_view controller) {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto listed = std::string_view(line).substr(first + 1, second - first - 1);
    if (Lists(listed, controller)) return line.substr(second + 1);
  }
  return "/";
}

// From the process's own group up to the root: every level binds. A container often sees its own
// group as the root.
size_t LimitOf(const Hierarchy& hierarchy) {
  size_t tightest = kNoLimit;
  for (std::string group = OwnGroup(hierarchy.controller);; group.resize(group.rfind('/'))) {
    std::ifstream file(
        fmt::format("{}{}/{}", hierarchy.root, group == "/" ? "" : group, hierarchy.file));
    std::string line;
    std::getline(file, line);
    tightest = std::min(tightest, ParseMemoryLimit(line).value_or(kNoLimit));
    if (group.find('/') == std::string::npos) return tightest;
  }
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
