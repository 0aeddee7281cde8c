// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_CPU_H_
#define HILLOCK_SERVER_CORE_BASE_CPU_H_

#include <optional>
#include <string>
#include <string_view>

namespace hillock {

// Cores' worth of time that a cgroup grants, or none where it sets no limit.
// `cpu_max` is the text of cgroup v2's cpu.max: "<quota> <period>" in microseconds, or "max
// <period>".
std::optional<double> ParseCpuMax(std::string_view cpu_max);

// The limit of one group, whose folder has cgroup v2's cpu.max, or version 1's cpu.cfs_quota_us and
// cpu.cfs_period_us; none where there is none.
std::optional<double> CpuQuotaOf(const std::string& folder);

// The tightest limit of this process's cgroups, version 1 or 2, in cores' worth of time; none where
// there is none.
std::optional<double> CpuQuota();

// Cores this process can really use: those in its affinity mask, cut to the cgroup's quota, rounded
// up, at least 1. A container limited to 1.5 cores of 64 gets 2.
int UsableCores();

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_CPU_H_
