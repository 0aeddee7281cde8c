// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_ROWS_FILE_H_
#define HILLOCK_CLIENT_ROWS_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hillock::client {

// Everything in the file at `path`, or on standard input when `path` is "-".
// Errors: the system's own when it cannot be read; RESOURCE_EXHAUSTED above `max_bytes`, found
// before more than that is held.
absl::StatusOr<std::string> ReadWhole(const std::string& path, size_t max_bytes = size_t{1} << 30);

// Replaces the content of `path` by `text`.
absl::Status WriteWhole(const std::string& path, std::string_view text);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_FILE_H_
