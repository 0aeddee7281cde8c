// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_READINESS_H_
#define HILLOCK_SERVER_LIFECYCLE_READINESS_H_

#include <atomic>

#include "server/core/base/status.h"
#include "server/lifecycle/catalog.h"
#include "server/lifecycle/readiness_rule.h"

namespace hillock::lifecycle {

// Whether the server is ready: one fact, which health checks, ServerReady and the log all ask for.
//
//   loading --SetStarted()--> started --SetDraining()--> draining
//      |                                                    ^
//      +----------------------------------------------------+
//
//   loading     ready by kAny alone
//   started     ready by the rule
//   draining    not ready
//
// No rule is met while no model serves, but for one case: where callers decide what is loaded, and
// nothing has been asked for, a server that has started is ready to be asked. Thread-safe.
class Readiness {
 public:
  enum class Phase { kLoading, kStarted, kDraining };

  // `callers_decide`: about the models that are loaded.
  Readiness(ReadinessRule rule, bool callers_decide)
      : rule_(rule), callers_decide_(callers_decide) {}

  // What was to be loaded at start is through.
  void SetStarted();
  void SetDraining() { phase_.store(Phase::kDraining); }

  Phase phase() const { return phase_.load(); }
  bool draining() const { return phase() == Phase::kDraining; }

  // OK when the server is ready with this catalog, else UNAVAILABLE, which says why.
  absl::Status Check(const Catalog& catalog) const;

 private:
  const ReadinessRule rule_;
  const bool callers_decide_;
  std::atomic<Phase> phase_{Phase::kLoading};
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_READINESS_H_
