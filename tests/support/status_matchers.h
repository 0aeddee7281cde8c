// SPDX-License-Identifier: Apache-2.0

// Matchers for absl::Status and absl::StatusOr.

#ifndef HILLOCK_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define HILLOCK_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include <string>

#include "server/core/base/status.h"

namespace hillock::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <class T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// A status, or the status of a StatusOr, that is OK.
MATCHER(IsOk, negation ? "is an error" : "is OK") {
  *result_listener << "whose status is " << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

// A StatusOr that holds a value which `value` matches.
MATCHER_P(IsOkAndHolds, value, "holds what was asked for") {
  if (!arg.ok()) {
    *result_listener << "whose status is " << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(value, *arg, result_listener);
}

// An error of that code whose message `message` matches.
MATCHER_P2(StatusIs, code, message,
           "is " + absl::StatusCodeToString(code) + " with a message that " +
               ::testing::DescribeMatcher<std::string>(message)) {
  const absl::Status& status = StatusOf(arg);
  *result_listener << "whose status is " << status.ToString();
  return status.code() == code && ::testing::Matches(::testing::Matcher<std::string>(message))(
                                      std::string(status.message()));
}

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_STATUS_MATCHERS_H_
