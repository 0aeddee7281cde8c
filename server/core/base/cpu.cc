// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/cpu.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "server/core/base/cgroup.h"

namespace hillock {
namespace {

// Where the two versions of cgroups are mounted.
constexpr char kCgroupMount[] = "/sys/fs/cgroup";
constexpr char kCgroupV1Mount[] = "/sys/fs/cgroup/cpu";

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

std::optional<double> CpuQuotaOf(const std::string& folder) {
  if (const auto quota = ParseCpuMax(FirstLine(folder + "/cpu.max"))) return quota;
  return ParseCpuMax(fmt::format("{} {}", FirstLine(folder + "/cpu.cfs_quota_us"),
                                 FirstLine(folder + "/cpu.cfs_period_us")));
}

std::optional<double> CpuQuota() {
  std::vector<std::string> folders = CgroupFolders(kCgroupMount, "");
  std::ranges::move(CgroupFolders(kCgroupV1Mount, "cpu"), std::back_inserter(folders));
  std::optional<double> tightest;
  for (const std::string& folder : folders) {
    if (const auto quota = CpuQuotaOf(folder)) {
      tightest = std::min(*quota, tightest.value_or(*quota));
    }
  }
  return tightest;
}

int UsableCores() {
  const int cores = AffinityCores();
  const auto quota = CpuQuota();
  if (!quota) return std::max(cores, 1);
  return std::clamp(static_cast<int>(std::ceil(*quota)), 1, std::max(cores, 1));
}

}  // namespace hillock
