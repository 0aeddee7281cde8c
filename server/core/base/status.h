// SPDX-License-Identifier: Apache-2.0

// The error vocabulary of the project: absl::Status, two propagation macros and CHECK.
//
// Whatever input or environment can cause is a Status whose message says got, want, where. Whatever
// only a bug can cause is a HILLOCK_CHECK.

#ifndef HILLOCK_SERVER_CORE_BASE_STATUS_H_
#define HILLOCK_SERVER_CORE_BASE_STATUS_H_

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hillock {

// The same code, with "<where>: " before the message. An OK status stays as it is.
absl::Status Annotate(const absl::Status& status, std::string_view where);

// `text` for quoting in a message: at most 128 bytes of it, so that a hostile name cannot fill a
// log. UTF-8 stays UTF-8.
std::string_view Excerpt(std::string_view text);

// Prints the failed condition and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace hillock

// Aborts when `condition` is false, in every build.
#define HILLOCK_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::hillock::CheckFailed(#condition, __FILE__, __LINE__))

// Returns from the enclosing function when `expression` is an error.
#define HILLOCK_RETURN_IF_ERROR(expression)                                 \
  do {                                                                      \
    if (absl::Status hillock_status = (expression); !hillock_status.ok()) { \
      return hillock_status;                                                \
    }                                                                       \
  } while (false)

#define HILLOCK_CONCAT_(a, b) a##b
#define HILLOCK_CONCAT(a, b) HILLOCK_CONCAT_(a, b)

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration takes no parentheses.
// Declares or assigns `target` from a StatusOr, or returns its error.
#define HILLOCK_ASSIGN_OR_RETURN(target, expression)                  \
  auto HILLOCK_CONCAT(hillock_or_, __LINE__) = (expression);          \
  if (!HILLOCK_CONCAT(hillock_or_, __LINE__).ok()) {                  \
    return std::move(HILLOCK_CONCAT(hillock_or_, __LINE__)).status(); \
  }                                                                   \
  target = std::move(HILLOCK_CONCAT(hillock_or_, __LINE__)).value()
// NOLINTEND(bugprone-macro-parentheses)

#endif  // HILLOCK_SERVER_CORE_BASE_STATUS_H_
