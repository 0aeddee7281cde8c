#ifndef HILLOCK_CLIENT_REPORT_MODEL_CHECK_H_
#define HILLOCK_CLIENT_REPORT_MODEL_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/rows/rows.h"
#include "server/core/model/mlp.h"

namespace hillock::client {

// Where the answers of two models differ most.
struct WorstDifference {
  size_t rows = 0;
  double difference = 0;  // |a - b|, divided by |b| where that is above 1
  size_t row = 0;
  std::string output{};  // its name, where there are several
  size_t column = 0;
  float a = 0;
  float b = 0;
};

// "worst difference 1.2e-07 over 256 rows: 0.5 and 0.50000006 at row 3, column 1"
std::string WorstDifferenceLine(const WorstDifference& worst);

// `count` rows that a seed determines: normally distributed after the model's own normalization.
Rows RandomRows(const model::Mlp& mlp, size_t count, uint32_t seed);

// The answers to `rows`, all outputs of a row side by side, computed with this project's own
// kernels. REQUIRES: rows.width is the model's.
absl::StatusOr<std::vector<float>> Answers(const model::Mlp& mlp, const Rows& rows);

// Compares the answers of two models, output by output in their order, whatever they are called.
// INVALID_ARGUMENT when their shapes differ. A NaN in one of them only is an infinite difference.
absl::StatusOr<WorstDifference> Compare(const model::Mlp& a, const model::Mlp& b, const Rows& rows);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_MODEL_CHECK_H_
