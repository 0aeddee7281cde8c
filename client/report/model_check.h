// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_REPORT_MODEL_CHECK_H_
#define HILLOCK_CLIENT_REPORT_MODEL_CHECK_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/rows/rows.h"
#include "server/core/model/mlp.h"

namespace hillock::client {

// Where the answers of two models differ most. Strings are equal, or differ by infinity.
struct WorstDifference {
  size_t rows = 0;
  double difference = 0;  // |a - b|, divided by |b| where that is above 1
  size_t row = 0;         // 0 in a constant
  std::string output{};   // its name, where there are several
  size_t column = 0;
  float a = 0;
  float b = 0;
};

// "worst difference 1.2e-07 over 256 rows: 0.5 and 0.50000006 at row 3, column 1"
std::string WorstDifferenceLine(const WorstDifference& worst);

// The answers to `rows`, all outputs of a row side by side, computed with this project's own
// kernels. REQUIRES: rows.width is the model's.
absl::StatusOr<std::vector<float>> Answers(const model::Mlp& mlp, const Rows& rows);

// Compares the answers of two models to rows of `a`, output by output. Inputs and outputs belong
// together by name where all names agree, else by position; the only input of one model is all
// inputs of the other, side by side. INVALID_ARGUMENT when their widths differ. A NaN in one of
// them only is an infinite difference.
absl::StatusOr<WorstDifference> Compare(const model::Mlp& a, const model::Mlp& b, const Rows& rows);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_MODEL_CHECK_H_
