// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/version_policy.h"

#include <algorithm>
#include <functional>

namespace hillock::repository {

Candidates CandidatesOf(const VersionPolicy& policy, std::span<const int64_t> present) {
  if (policy.specific.empty()) return {{present.rbegin(), present.rend()}, policy.latest};
  Candidates candidates{policy.specific, VersionPolicy::kAll};
  std::ranges::sort(candidates.numbers, std::greater());
  const auto repeated = std::ranges::unique(candidates.numbers);
  candidates.numbers.erase(repeated.begin(), repeated.end());
  return candidates;
}

}  // namespace hillock::repository
