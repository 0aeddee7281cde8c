// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_VERSION_POLICY_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_VERSION_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hillock::repository {

// Which versions of a model are to serve: the highest `latest` that can, or every one, or those
// named.
struct VersionPolicy {
  static constexpr size_t kAll = SIZE_MAX;

  size_t latest = 1;              // kAll: every version
  std::vector<int64_t> specific;  // when not empty, these, and `latest` means nothing

  bool operator==(const VersionPolicy&) const = default;
};

// The versions to try, highest first, until `wanted` of them serve. So a version that cannot be
// served leaves its place to the one below it, and what is served follows from the files alone,
// whatever was served before.
struct Candidates {
  std::vector<int64_t> numbers;
  size_t wanted = 0;
};

// `present` in ascending order. Specific versions are candidates whether they are there or not.
Candidates CandidatesOf(const VersionPolicy& policy, std::span<const int64_t> present);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_VERSION_POLICY_H_
