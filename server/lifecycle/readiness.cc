// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/readiness.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "server/lifecycle/stopping.h"

namespace hillock::lifecycle {
namespace {

absl::Status Failed(const std::vector<std::string>& models) {
  const std::string more = models.size() > 1 ? fmt::format(" and {} more", models.size() - 1) : "";
  return absl::UnavailableError(fmt::format("model '{}'{} failed", models.front(), more));
}

}  // namespace

// Not out of draining, which another thread may have begun meanwhile.
void Readiness::SetStarted() {
  Phase loading = Phase::kLoading;
  phase_.compare_exchange_strong(loading, Phase::kStarted);
}

absl::Status Readiness::Check(const Catalog& catalog) const {
  const Phase phase = this->phase();
  if (phase == Phase::kDraining) return StoppingError();
  const bool serves = catalog.served_count() > 0;
  if (phase == Phase::kLoading && !(serves && rule_ == ReadinessRule::kAny)) {
    return absl::UnavailableError("models are being loaded");
  }
  if (rule_ == ReadinessRule::kStrict && !catalog.failed().empty()) return Failed(catalog.failed());
  const bool idle = callers_decide_ && catalog.failed().empty();
  return serves || idle ? absl::OkStatus() : absl::UnavailableError("no model serves");
}

}  // namespace hillock::lifecycle
