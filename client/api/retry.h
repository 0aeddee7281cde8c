#ifndef HILLOCK_CLIENT_API_RETRY_H_
#define HILLOCK_CLIENT_API_RETRY_H_

#include <chrono>
#include <functional>

#include "absl/status/status.h"
#include "server/core/base/clock.h"

namespace hillock::client {

// How long to keep asking, and what time is. Both functions are called on the caller's thread.
struct RetryPlan {
  std::chrono::milliseconds wait{0};       // 0: ask once
  std::chrono::milliseconds every{100};    // pause between two questions
  std::chrono::milliseconds once{10'000};  // most that one question may take when asked once
  const Clock* clock = &Clock::Monotonic();
  std::function<void(std::chrono::milliseconds)> sleep;
};

// Asks until the answer is OK or the wait is over, and returns the last answer. `ask` gets the time
// that it may take. UNIMPLEMENTED and INVALID_ARGUMENT end the wait: asking again cannot help.
absl::Status RetryUntilOk(const RetryPlan& plan,
                          const std::function<absl::Status(std::chrono::milliseconds)>& ask);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_RETRY_H_
