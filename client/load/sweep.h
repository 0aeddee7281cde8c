// SPDX-License-Identifier: Apache-2.0

// What command lines and files say of the runs to make. Pure.

#ifndef HILLOCK_CLIENT_LOAD_SWEEP_H_
#define HILLOCK_CLIENT_LOAD_SWEEP_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hillock::client {

// Max requests in flight on one connection.
inline constexpr size_t kMaxOutstanding = 65'536;

// The numbers of "16" or "1,4,16", in that order. Errors: INVALID_ARGUMENT saying what was found
// where a number from 1 to kMaxOutstanding was wanted.
absl::StatusOr<std::vector<size_t>> ParseSweep(std::string_view text);

// Requests a second on an open loop.
inline constexpr double kMinRate = 0.001;
inline constexpr double kMaxRate = 1e7;
inline constexpr size_t kMaxRates = 1000;

// Rates to run one after the other, or the ends of a range to search.
struct Rates {
  std::vector<double> each;  // ascending, if it is a range
  bool is_range = false;     // `each` has the lowest and the highest
};

// "2000" and "1000,2000" are rates, "1000:5000:500" are those from 1000 to 5000 in steps of 500,
// and "1000:5000" is a range. Errors: INVALID_ARGUMENT saying what was found and what was wanted.
absl::StatusOr<Rates> ParseRates(std::string_view text);

// "3,1": weights from 1 to 1000. Errors: as above.
absl::StatusOr<std::vector<uint32_t>> ParseWeights(std::string_view text);

// The arrivals of a recorded trace: a line for each with its seconds, in any order; the first of
// them is the start. Empty lines and those that begin with # are skipped, and so is what follows a
// comma. Errors: INVALID_ARGUMENT naming `source` and line.
absl::StatusOr<std::vector<double>> ParseTrace(std::string_view text, const std::string& source);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_SWEEP_H_
