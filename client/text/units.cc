// SPDX-License-Identifier: Apache-2.0
#include "client/text/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>

namespace hillock::client {
namespace {

constexpr char kNothing[] = "-";

struct Unit {
  double scale;
  const char* name;
};

// The last unit that `value` reaches, counting what three digits would round up to it.
template <size_t N>
const Unit& Pick(const std::array<Unit, N>& ascending, double value) {
  size_t picked = 0;
  for (size_t i = 1; i < N; ++i) {
    if (std::abs(value) >= ascending[i].scale * 0.9995) picked = i;
  }
  return ascending[picked];
}

std::string WithCommas(long long count) {
  const std::string digits = fmt::format("{}", std::abs(count));
  std::string text = count < 0 ? "-" : "";
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace

std::string FormatSeconds(double seconds) {
  static constexpr std::array<Unit, 4> kUnits{{{1e-9, "ns"}, {1e-6, "us"}, {1e-3, "ms"}, {1, "s"}}};
  if (std::isnan(seconds)) return kNothing;
  const Unit& unit = Pick(kUnits, seconds);
  return fmt::format("{:.3g} {}", seconds / unit.scale, unit.name);
}

std::string FormatCount(double count) {
  static constexpr std::array<Unit, 3> kUnits{{{1e6, "M"}, {1e9, "G"}, {1e12, "T"}}};
  if (std::isnan(count)) return kNothing;
  if (std::abs(count) < 999'500) return WithCommas(std::llround(count));
  const Unit& unit = Pick(kUnits, count);
  return fmt::format("{:.3g} {}", count / unit.scale, unit.name);
}

std::string FormatPercent(double share) {
  return std::isnan(share) ? kNothing : fmt::format("{:.1f}%", share * 100);
}

std::string FormatNumber(double value) {
  return std::isnan(value) ? kNothing : fmt::format("{:.4g}", value);
}

}  // namespace hillock::client
