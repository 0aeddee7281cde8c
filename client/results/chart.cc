// SPDX-License-Identifier: Apache-2.0
#include "client/results/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace hillock::client {
namespace {

constexpr double kWidth = 640;
constexpr double kHeight = 280;
constexpr double kLeft = 76;
constexpr double kRight = 32;
constexpr double kTop = 20;
constexpr double kBottom = 44;
constexpr size_t kMostTicks = 6;
constexpr size_t kMostMarkRows = 5;

// Maps numbers to positions between `first` and `last`.
class Scale {
 public:
  Scale(const ChartAxis& axis, const std::vector<double>& values, double first, double last)
      : axis_(axis), first_(first), last_(last) {
    std::vector<double> shown;
    for (const double value : values) {
      if (Shows(value)) shown.push_back(Mapped(value));
    }
    if (!axis.is_log && axis.from_zero) shown.push_back(0);
    interval_ = IntervalOf(shown);
    if (!axis.is_log && axis.from_zero) interval_.low = std::max(0.0, interval_.low);
  }

  bool Shows(double value) const { return std::isfinite(value) && (!axis_.is_log || value > 0); }

  double At(double value) const {
    return first_ + (last_ - first_) * interval_.ShareOf(Mapped(value));
  }

  std::vector<double> TicksOf() const {
    if (!axis_.is_log) return Ticks(interval_, kMostTicks);
    return LogTicks({std::pow(10, interval_.low), std::pow(10, interval_.high)});
  }

 private:
  double Mapped(double value) const { return axis_.is_log ? std::log10(value) : value; }

  const ChartAxis& axis_;
  double first_;
  double last_;
  Interval interval_;
};

std::vector<double> ValuesOf(const Chart& chart, double Point::*coordinate) {
  std::vector<double> values;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) values.push_back(point.*coordinate);
  }
  return values;
}

std::string TextAt(double x, double y, const char* anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     Escaped(text));
}

std::string LineFrom(const char* style, double x1, double y1, double x2, double y2) {
  return fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>",
                     style, x1, y1, x2, y2);
}

std::string Grid(const Chart& chart, const Scale& x, const Scale& y) {
  std::string svg;
  for (const double tick : x.TicksOf()) {
    svg += LineFrom("g", x.At(tick), kTop, x.At(tick), kHeight - kBottom);
    svg += TextAt(x.At(tick), kHeight - kBottom + 16, "middle", chart.x.text(tick));
  }
  for (const double tick : y.TicksOf()) {
    svg += LineFrom("g", kLeft, y.At(tick), kWidth - kRight, y.At(tick));
    svg += TextAt(kLeft - 6, y.At(tick) + 4, "end", chart.y.text(tick));
  }
  svg += TextAt((kLeft + kWidth - kRight) / 2, kHeight - 8, "middle", chart.x.title);
  return svg + TextAt(4, kTop - 8, "start", chart.y.title);
}

// Points between two gaps.
std::string PathOf(const Series& series, size_t first, size_t last, const Scale& x,
                   const Scale& y) {
  std::string path;
  for (size_t i = first; i < last; ++i) {
    const Point& point = series.points[i];
    path += fmt::format("{}{:.1f} {:.1f}", i == first ? 'M' : 'L', x.At(point.x), y.At(point.y));
  }
  if (!series.is_filled) return fmt::format("<path class=\"l s{}\" d=\"{}\"/>", series.color, path);
  const double floor = kHeight - kBottom;
  return fmt::format("<path class=\"f s{}\" d=\"{}L{:.1f} {:.1f}L{:.1f} {:.1f}Z\"/>", series.color,
                     path, x.At(series.points[last - 1].x), floor, x.At(series.points[first].x),
                     floor);
}

std::string Dots(const Series& series, const Scale& x, const Scale& y) {
  std::string svg;
  for (const Point& point : series.points) {
    if (point.label.empty() || !x.Shows(point.x) || !y.Shows(point.y)) continue;
    svg += fmt::format(
        "<circle class=\"d s{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\"><title>{}</title></circle>",
        series.color, x.At(point.x), y.At(point.y), Escaped(point.label));
  }
  return svg;
}

std::string Draw(const Series& series, const Scale& x, const Scale& y) {
  std::string svg;
  const auto shows = [&](const Point& point) { return x.Shows(point.x) && y.Shows(point.y); };
  for (size_t first = 0; first < series.points.size();) {
    size_t last = first;
    while (last < series.points.size() && shows(series.points[last])) ++last;
    if (last > first) svg += PathOf(series, first, last, x, y);
    first = last + 1;
  }
  return svg + Dots(series, x, y);
}

std::string Marks(const Chart& chart, const Scale& x) {
  std::string svg;
  for (size_t i = 0; i < chart.marks.size(); ++i) {
    const Mark& mark = chart.marks[i];
    if (!x.Shows(mark.x)) continue;
    const double row = kTop + 12 + 14 * static_cast<double>(i % kMostMarkRows);
    svg += LineFrom("m", x.At(mark.x), kTop, x.At(mark.x), kHeight - kBottom);
    svg += TextAt(x.At(mark.x) - 4, row, "end", mark.name);
  }
  return svg;
}

std::string Legend(const Chart& chart) {
  std::string html;
  for (const Series& series : chart.series) {
    html += fmt::format("<span><i class=\"b{}\"></i>{}</span>", series.color, Escaped(series.name));
  }
  return html;
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::vector<double> LogTicks(const Interval& interval) {
  const auto inside = [&](std::initializer_list<double> factors) {
    std::vector<double> ticks;
    const double first = std::pow(10, std::floor(std::log10(interval.low)));
    for (double power = first; power <= interval.high * 1.0001; power *= 10) {
      for (const double factor : factors) {
        const double tick = power * factor;
        if (tick >= interval.low * 0.9999 && tick <= interval.high * 1.0001) ticks.push_back(tick);
      }
    }
    return ticks;
  };
  constexpr size_t kEnough = 3;
  const std::vector<double> powers = inside({1});
  return powers.size() >= kEnough ? powers : inside({1, 2, 5});
}

std::string ChartHtml(const Chart& chart) {
  const Scale x(chart.x, ValuesOf(chart, &Point::x), kLeft, kWidth - kRight);
  const Scale y(chart.y, ValuesOf(chart, &Point::y), kHeight - kBottom, kTop);
  std::string inner;
  for (const Series& series : chart.series) inner += Draw(series, x, y);
  if (inner.empty()) {
    return fmt::format("<figure><h3>{}</h3><p>Nothing was measured.</p></figure>\n",
                       Escaped(chart.title));
  }
  return fmt::format(
      "<figure><h3>{0}</h3><svg viewBox=\"0 0 {1} {2}\" role=\"img\" aria-label=\"{0}\">{3}{4}{5}"
      "</svg><figcaption>{6}</figcaption></figure>\n",
      Escaped(chart.title), kWidth, kHeight, Grid(chart, x, y), inner, Marks(chart, x),
      Legend(chart));
}

}  // namespace hillock::client
