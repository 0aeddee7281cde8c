// SPDX-License-Identifier: Apache-2.0

// Charts as SVG for a page whose style sheet colours them: classes s0 to s5 are the series, and the
// picture scales with the page. Pure.

#ifndef HILLOCK_CLIENT_RESULTS_CHART_H_
#define HILLOCK_CLIENT_RESULTS_CHART_H_

#include <span>
#include <string>
#include <vector>

#include "client/plot/axis.h"

namespace hillock::client {

// How an axis names a number.
using NumberText = std::string (*)(double);

struct ChartAxis {
  std::string title;
  NumberText text = nullptr;
  bool is_log = false;    // numbers of 0 and less are left out
  bool from_zero = true;  // of a linear axis
};

struct Point {
  double x = 0;
  double y = 0;       // NaN: a gap
  std::string label;  // said when the pointer is over it; empty: none, and no dot
};

struct Series {
  std::string name;
  std::vector<Point> points;
  size_t color = 0;
  bool is_filled = false;  // down to the axis
};

// A line across the chart at x.
struct Mark {
  double x = 0;
  std::string name;
};

struct Chart {
  std::string title;
  ChartAxis x;
  ChartAxis y;
  std::vector<Series> series;
  std::vector<Mark> marks{};
};

// An <svg> with the legend below it, or a line that says that there is nothing to show.
std::string ChartHtml(const Chart& chart);

// Text in HTML.
std::string Escaped(std::string_view text);

// Powers of ten, or of these also twice and five times, inside `interval`; as few as will do.
std::vector<double> LogTicks(const Interval& interval);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_RESULTS_CHART_H_
