// SPDX-License-Identifier: Apache-2.0

// Whether answers are those that a file expects.

#ifndef HILLOCK_CLIENT_LOAD_EXPECTED_ROWS_H_
#define HILLOCK_CLIENT_LOAD_EXPECTED_ROWS_H_

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "client/rows/rows.h"
#include "proto/inference.pb.h"

namespace hillock::client {

// How far a number may be from the expected one, relative above 1.
inline constexpr double kExpectedTolerance = 1e-5;

// Outputs that lie side by side in a row, and what each row of the input is expected to be answered
// with. Outputs that the rows do not have are not looked at.
struct ExpectedRows {
  std::vector<InputColumns> outputs;
  Rows rows;
};

// Whether the answers to requests of so many rows each, which MakeRequests() has made of the rows
// of an input, are the expected ones. Errors: DATA_LOSS naming row, output and column; those of
// DecodeOutput(). REQUIRES: at least one row is expected.
absl::Status CheckExpected(const ExpectedRows& expected, size_t rows_per_request,
                           std::span<const inference::ModelInferResponse> answers);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_EXPECTED_ROWS_H_
