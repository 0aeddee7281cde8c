// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/reading/budget.h"

#include <fmt/format.h>

namespace hillock::onnx {

absl::Status Budget::Take(size_t count, size_t bytes) {
  if (count > left_ / bytes) {
    return absl::ResourceExhaustedError(fmt::format(
        "wants {} more elements of {} bytes, more than a file of this size may", count, bytes));
  }
  left_ -= count * bytes;
  return absl::OkStatus();
}

absl::Status Budget::TakeStrings(std::span<const std::string> strings) {
  HILLOCK_RETURN_IF_ERROR(Take(strings.size(), sizeof(std::string)));
  for (const std::string& string : strings) HILLOCK_RETURN_IF_ERROR(Take(string.size(), 1));
  return absl::OkStatus();
}

absl::Status Budget::CheckSteps() const {
  if (has_steps()) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("takes the import to {} steps of work, want at most {} for a file of this size",
                  steps_, most_steps_));
}

}  // namespace hillock::onnx
