// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_RETRY_H_
#define HILLOCK_CLIENT_API_RETRY_H_

#include <chrono>
#include <functional>

#include "absl/status/status.h"
#include "server/core/base/clock.h"

namespace hillock::client {

// How long to retry, and where time comes from. Both are called on the caller's thread.
struct RetryPlan {
  std::chrono::milliseconds wait{0};       // 0: one attempt
  std::chrono::milliseconds every{100};    // pause between two attempts
  std::chrono::milliseconds once{10'000};  // max time of the attempt when there is only one
  const Clock* clock = &Clock::Monotonic();
  std::function<void(std::chrono::milliseconds)> sleep;
};

// Calls `ask` until it returns OK or the wait is over, and returns its last result. `ask` gets the
// time that it may take. UNIMPLEMENTED and INVALID_ARGUMENT end the wait: retrying cannot help.
absl::Status RetryUntilOk(const RetryPlan& plan,
                          const std::function<absl::Status(std::chrono::milliseconds)>& ask);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_RETRY_H_
