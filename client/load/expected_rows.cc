// SPDX-License-Identifier: Apache-2.0
#include "client/load/expected_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "client/api/tensor.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

bool IsNear(double got, double want) {
  if (std::isnan(want)) return std::isnan(got);
  return got == want || std::abs(got - want) <= kExpectedTolerance * std::max(1.0, std::abs(want));
}

// The expected elements of one output, and where they are in a row.
struct Part {
  const ExpectedRows& expected;
  const InputColumns& output;
  size_t begin;

  std::string WordAt(size_t row, size_t column) const {
    const float position = expected.rows.row(row)[begin + column];
    return position < 0 ? "" : expected.rows.words[static_cast<size_t>(position)];
  }

  // Empty when the element is the expected one; else "got ..., want ...".
  std::string Difference(const Tensor& got, size_t at, size_t row, size_t column) const {
    if (got.kind == Tensor::Kind::kStrings) {
      const std::string want = WordAt(row, column);
      if (got.strings[at] == want) return "";
      return fmt::format("got {}, want {}", Quoted(got.strings[at]), Quoted(want));
    }
    const float want = expected.rows.row(row)[begin + column];
    const double value = got.kind == Tensor::Kind::kIntegers ? static_cast<double>(got.integers[at])
                                                             : double{got.floats[at]};
    return IsNear(value, want) ? "" : fmt::format("got {}, want {}", value, want);
  }

  absl::Status Check(const Tensor& got, size_t first_row, size_t rows) const {
    if (got.width != output.width) {
      return absl::DataLossError(fmt::format("output {}: got {} columns, want {}",
                                             Quoted(output.name), got.width, output.width));
    }
    for (size_t i = 0; i < rows * output.width; ++i) {
      const size_t row = (first_row + i / output.width) % expected.rows.count();
      const std::string difference = Difference(got, i, row, i % output.width);
      if (difference.empty()) continue;
      return absl::DataLossError(fmt::format("row {}, output {}, column {}: {}", row,
                                             Quoted(output.name), i % output.width, difference));
    }
    return absl::OkStatus();
  }
};

absl::StatusOr<Tensor> OutputNamed(const inference::ModelInferResponse& answer,
                                   const std::string& name, size_t rows) {
  for (int i = 0; i < answer.outputs_size(); ++i) {
    if (answer.outputs(i).name() == name) return DecodeOutput(answer, i, rows);
  }
  return absl::DataLossError(fmt::format("output {} is not in the answer", Quoted(name)));
}

}  // namespace

absl::Status CheckExpected(const ExpectedRows& expected, size_t rows_per_request,
                           std::span<const inference::ModelInferResponse> answers) {
  size_t begin = 0;
  for (size_t i = 0; i < expected.outputs.size(); ++i) {
    const InputColumns& output = expected.outputs[i];
    const bool is_absent = i < expected.rows.absent.size() && expected.rows.absent[i];
    for (size_t request = 0; !is_absent && request < answers.size(); ++request) {
      HILLOCK_ASSIGN_OR_RETURN(const Tensor got,
                               OutputNamed(answers[request], output.name, rows_per_request));
      const size_t first_row = request * rows_per_request % expected.rows.count();
      HILLOCK_RETURN_IF_ERROR(
          (Part{expected, output, begin}.Check(got, first_row, rows_per_request)));
    }
    begin += output.width;
  }
  return absl::OkStatus();
}

}  // namespace hillock::client
