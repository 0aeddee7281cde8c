// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/decode/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "server/core/kernel/fallback.h"

namespace hillock::rpc {
namespace {

using lifecycle::ServedInput;
using lifecycle::ServedModel;

float FloatAt(const char* floats, size_t index) {
  float value;
  std::memcpy(&value, floats + index * sizeof value, sizeof value);
  return value;
}

// The first column whose float is below `low` or above `high`, or their number. NaN is neither.
// Looks at all columns without a branch first: nearly every row is within.
size_t FirstOutside(const char* row, const std::vector<float>& low,
                    const std::vector<float>& high) {
  const size_t width = std::max(low.size(), high.size());
  bool outside = false;
  const auto is_outside = [&](size_t i) {
    const float value = FloatAt(row, i);
    return (!low.empty() && value < low[i]) || (!high.empty() && value > high[i]);
  };
  for (size_t i = 0; i < width; ++i) outside |= is_outside(i);
  if (!outside) return width;
  size_t i = 0;
  while (!is_outside(i)) ++i;
  return i;
}

absl::Status Refuse(const ServedInput& input, size_t row, size_t column, float got,
                    const std::string& want) {
  return absl::InvalidArgumentError(fmt::format("input '{}': row {}, column {} is {}, want {}",
                                                input.name(), row, column, got, want));
}

std::string WithinText(const model::Input& input, size_t column) {
  if (input.low.empty()) return fmt::format("at most {}", input.high[column]);
  if (input.high.empty()) return fmt::format("at least {}", input.low[column]);
  return fmt::format("{} to {}", input.low[column], input.high[column]);
}

// Rows that lie together are looked at as one.
absl::Status CheckFinite(const ServedInput& input, const char* first, size_t stride, size_t rows) {
  const size_t width = input.input.width;
  const bool together = stride == width;
  const size_t count = together ? rows * width : width;
  for (size_t row = 0; row < (together ? 1 : rows); ++row) {
    const char* const floats = first + row * stride * sizeof(float);
    const size_t bad = kernel::fallback::FirstNonFinite(floats, count);
    if (bad == count) continue;
    return Refuse(input, row + bad / width, bad % width, FloatAt(floats, bad), "a finite number");
  }
  return absl::OkStatus();
}

absl::Status CheckWithin(const ServedInput& input, const char* first, size_t stride, size_t rows) {
  const std::vector<float>& low = input.input.low;
  const std::vector<float>& high = input.input.high;
  const size_t width = std::max(low.size(), high.size());
  for (size_t row = 0; row < rows && width > 0; ++row) {
    const char* const floats = first + row * stride * sizeof(float);
    const size_t bad = FirstOutside(floats, low, high);
    if (bad == width) continue;
    return Refuse(input, row, bad, FloatAt(floats, bad), WithinText(input.input, bad));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckValues(const ServedModel& model, const ServedInput& input, const char* rows,
                         size_t count) {
  const char* const first = rows + input.offset * sizeof(float);
  const size_t stride = model.input_width();
  if (!model.options().compute.allow_non_finite && !input.input.takes_non_finite) {
    HILLOCK_RETURN_IF_ERROR(CheckFinite(input, first, stride, count));
  }
  return CheckWithin(input, first, stride, count);
}

}  // namespace hillock::rpc
