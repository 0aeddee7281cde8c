// SPDX-License-Identifier: Apache-2.0
#include "client/api/retry.h"

#include <algorithm>

namespace hillock::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMinQuestion{50};

bool IsFinal(const absl::Status& status) {
  return status.ok() || status.code() == absl::StatusCode::kUnimplemented ||
         status.code() == absl::StatusCode::kInvalidArgument;
}

}  // namespace

absl::Status RetryUntilOk(const RetryPlan& plan,
                          const std::function<absl::Status(milliseconds)>& ask) {
  if (plan.wait <= milliseconds(0)) return ask(plan.once);
  const Nanos start = plan.clock->Now();
  const auto left = [&] {
    const std::chrono::nanoseconds gone(plan.clock->Now() - start);
    return std::chrono::ceil<milliseconds>(plan.wait - gone);
  };
  while (true) {
    const absl::Status status = ask(std::clamp(left(), kMinQuestion, plan.once));
    if (IsFinal(status) || left() <= milliseconds(0)) return status;
    plan.sleep(std::min(plan.every, left()));
  }
}

}  // namespace hillock::client
