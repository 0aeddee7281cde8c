// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/cpu.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string>

namespace hillock {
namespace {

constexpr char kCgroupRoot[] = "/sys/fs/cgroup";

// The cgroup v2 folder of this process below the mount, such as "/system.slice/hillock.service".
std::string OwnCgroup() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "/";
}

int AffinityCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

}  // namespace

std::optional<double> ParseCpuMax(std::string_view cpu_max) {
  double quota = 0;
  double period = 0;
  const char* const end = cpu_max.data() + cpu_max.size();
  const auto [rest, error] = std::from_chars(cpu_max.data(), end, quota);
  if (error != std::errc() || rest == end || *rest != ' ') return std::nullopt;
  if (std::from_chars(rest + 1, end, period).ec != std::errc()) return std::nullopt;
  if (!(quota > 0) || !(period > 0) || !std::isfinite(quota / period)) return std::nullopt;
  return quota / period;
}

// From the process's own cgroup up to the root: every level binds.
std::optional<double> CpuQuota() {
  std::optional<double> tightest;
  for (std::string group = OwnCgroup();; group.resize(group.rfind('/'))) {
    std::ifstream file(fmt::format("{}{}/cpu.max", kCgroupRoot, group == "/" ? "" : group));
    std::string line;
    std::getline(file, line);
    if (const auto quota = ParseCpuMax(line)) {
      tightest = std::min(*quota, tightest.value_or(*quota));
    }
    if (group.find('/') == std::string::npos) return tightest;
  }
}

int UsableCores() {
  const int cores = AffinityCores();
  const auto quota = CpuQuota();
  if (!quota) return std::max(cores, 1);
  return std::clamp(static_cast<int>(std::ceil(*quota)), 1, std::max(cores, 1));
}

}  // namespace hillock
