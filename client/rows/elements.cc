// SPDX-License-Identifier: Apache-2.0
#include "client/rows/elements.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

#include "client/text/text.h"

namespace hillock::client {
namespace {

constexpr double kMaxExact = 1 << 24;  // integers up to here are floats

absl::Status Unfit(std::string_view text, std::string_view want) {
  return absl::InvalidArgumentError(fmt::format("got {}, want {}", Quoted(text), want));
}

absl::StatusOr<float> Number(std::string_view text) {
  if (text.empty()) return std::numeric_limits<float>::quiet_NaN();
  const std::optional<double> value = ParseNumber(text);
  if (!value) return Unfit(text, "a number");
  if (!FitsFloat(*value)) return Unfit(text, "a number that FP32 can hold");
  return static_cast<float>(*value);
}

absl::StatusOr<float> Integer(std::string_view text) {
  const std::optional<double> value = ParseNumber(text);
  if (value && std::trunc(*value) == *value && std::abs(*value) <= kMaxExact) {
    return static_cast<float>(*value);
  }
  return Unfit(text, "a whole number within 2^24");
}

absl::StatusOr<float> Truth(std::string_view text) {
  const std::optional<double> value = ParseNumber(text);
  if (EqualsIgnoreCase(text, "true") || value == 1) return 1.0f;
  if (EqualsIgnoreCase(text, "false") || value == 0) return 0.0f;
  return Unfit(text, "0, 1, true or false");
}

}  // namespace

absl::StatusOr<float> ElementReader::Read(std::string_view text, ElementKind kind, Rows& rows) {
  switch (kind) {
    case ElementKind::kNumber:
      return Number(text);
    case ElementKind::kInteger:
      return Integer(text);
    case ElementKind::kBool:
      return Truth(text);
    case ElementKind::kString:
      break;
  }
  const auto found = positions_.find(text);
  if (found != positions_.end()) return found->second;
  const auto position = static_cast<float>(rows.words.size());
  if (position > kMaxExact) return Unfit(text, "fewer different strings");
  rows.words.emplace_back(text);
  positions_.emplace(text, position);
  return position;
}

}  // namespace hillock::client
