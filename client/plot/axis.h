// SPDX-License-Identifier: Apache-2.0

// An axis of a plot: the numbers it spans and those it is marked with. Pure.

#ifndef HILLOCK_CLIENT_PLOT_AXIS_H_
#define HILLOCK_CLIENT_PLOT_AXIS_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace hillock::client {

struct Interval {
  double low = 0;
  double high = 1;

  double span() const { return high - low; }

  // The position of `value` between low (0) and high (1).
  double ShareOf(double value) const { return (value - low) / span(); }
};

// The smallest interval with all the finite values, widened when they are all the same; 0 to 1 when
// there are none.
Interval IntervalOf(std::span<const double> values);

// `interval` with `share` of its span added at both ends.
Interval Widened(const Interval& interval, double share);

// The multiples of 1, 2 or 5 times a power of ten inside `interval`: as many as there may be, but
// at most `max_count`, which is at least 2. REQUIRES: interval.low < interval.high, both finite.
std::vector<double> Ticks(const Interval& interval, size_t max_count);

// As short as distinguishes ticks: "0", "-0.5", "2e+06".
std::string TickText(double value);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_PLOT_AXIS_H_
