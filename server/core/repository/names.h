// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_NAMES_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_NAMES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::repository {

// Whether `name` may name a model: [A-Za-z0-9_.-]{1,128}, not starting with a dot.
bool IsModelName(std::string_view name);

// INVALID_ARGUMENT when it may not.
absl::Status CheckModelName(std::string_view name);

// The number that `text` writes, 1 or more in plain decimal, or INVALID_ARGUMENT.
absl::StatusOr<int64_t> ParseVersion(std::string_view text);

// A name of the file system as others can read it: as it is, or with escapes such as \x0a when it
// is not UTF-8 or has control characters.
std::string Printable(std::string_view name);

// "; there is 'a'", "; there are 'a', 'b' and 7 more", or nothing without entries.
std::string DescribeEntries(std::span<const std::string> entries);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_NAMES_H_
