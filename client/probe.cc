#include "client/probe.h"

#include <algorithm>

namespace hillock::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLeastQuestion{50};

bool IsFinal(const absl::Status& status) {
  return status.ok() || status.code() == absl::StatusCode::kUnimplemented ||
         status.code() == absl::StatusCode::kInvalidArgument;
}

}  // namespace

absl::Status Probe(const ProbePlan& plan, const std::function<absl::Status(milliseconds)>& ask) {
  if (plan.wait <= milliseconds(0)) return ask(plan.once);
  const Nanos start = plan.clock->Now();
  const auto left = [&] {
    const std::chrono::nanoseconds gone(plan.clock->Now() - start);
    return std::chrono::ceil<milliseconds>(plan.wait - gone);
  };
  while (true) {
    const absl::Status status = ask(std::clamp(left(), kLeastQuestion, plan.once));
    if (IsFinal(status) || left() <= milliseconds(0)) return status;
    plan.sleep(std::min(plan.every, left()));
  }
}

}  // namespace hillock::client
