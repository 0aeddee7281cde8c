#ifndef HILLOCK_TESTS_UNIT_CLIENT_STATUS_MATCHERS_H_
#define HILLOCK_TESTS_UNIT_CLIENT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hillock::client {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

// An error of `code` whose message has `part` in it.
MATCHER_P2(IsError, code, part,
           absl::StatusCodeToString(code) + " with \"" + std::string(part) + "\" in its message") {
  *result_listener << StatusOf(arg).ToString();
  const std::string message(StatusOf(arg).message());
  return StatusOf(arg).code() == code && message.find(part) != std::string::npos;
}

}  // namespace hillock::client

#endif  // HILLOCK_TESTS_UNIT_CLIENT_STATUS_MATCHERS_H_
