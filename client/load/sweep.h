// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_SWEEP_H_
#define HILLOCK_CLIENT_LOAD_SWEEP_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hillock::client {

// Max requests in flight on one connection.
inline constexpr size_t kMaxOutstanding = 65'536;

// The numbers of "16" or "1,4,16", in that order. Errors: INVALID_ARGUMENT saying what was found
// where a number from 1 to kMaxOutstanding was wanted.
absl::StatusOr<std::vector<size_t>> ParseSweep(std::string_view text);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_SWEEP_H_
