// SPDX-License-Identifier: Apache-2.0
#include "client/plot/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hillock::client {
namespace {

// Steps of Ticks() are these, times powers of ten.
constexpr double kSteps[] = {1, 2, 5};

// The multiples of `step` from the first to the last inside `interval`, one rounding let pass.
struct Multiples {
  double first = 0;
  double last = 0;
  double count() const { return last - first + 1; }
};

Multiples Inside(const Interval& interval, double step) {
  constexpr double kSlack = 1e-9;
  return {std::ceil(interval.low / step - kSlack), std::floor(interval.high / step + kSlack)};
}

// The smallest step with at most `most` multiples inside.
double ChooseStep(const Interval& interval, size_t max_count) {
  double power =
      std::pow(10, std::floor(std::log10(interval.span() / static_cast<double>(max_count))));
  for (;; power *= 10) {
    for (const double step : kSteps) {
      if (Inside(interval, step * power).count() <= static_cast<double>(max_count))
        return step * power;
    }
  }
}

}  // namespace

Interval IntervalOf(std::span<const double> values) {
  Interval interval{std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()};
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    interval.low = std::min(interval.low, value);
    interval.high = std::max(interval.high, value);
  }
  if (interval.low > interval.high) return {};
  if (interval.low < interval.high) return interval;
  const double margin = std::max(std::abs(interval.low) / 2, 0.5);
  return {interval.low - margin, interval.high + margin};
}

Interval Widened(const Interval& interval, double share) {
  const double margin = share * interval.span();
  return {interval.low - margin, interval.high + margin};
}

std::vector<double> Ticks(const Interval& interval, size_t max_count) {
  const double step = ChooseStep(interval, max_count);
  const Multiples inside = Inside(interval, step);
  std::vector<double> ticks;
  for (double i = inside.first; i <= inside.last; ++i) ticks.push_back(i * step + 0.0);
  return ticks;
}

std::string TickText(double value) { return fmt::format("{:.6g}", value); }

}  // namespace hillock::client
