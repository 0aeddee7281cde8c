// SPDX-License-Identifier: Apache-2.0
#include "client/plot/plot_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "client/plot/axis.h"
#include "client/plot/dots.h"
#include "client/text/table.h"

namespace hillock::client {
namespace {

constexpr size_t kColumns = 65;
constexpr size_t kLabelColumns = 9;
constexpr size_t kCurveLines = 14;
constexpr size_t kSlopeLines = 8;
constexpr size_t kColumnsAMark = 9;  // of the argument's axis
constexpr size_t kLinesAMark = 3;
constexpr double kMargin = 0.02;

struct Strokes {
  const char* upright;
  const char* level;
  const char* corner;
  const char* tick;
  const char* saturated;
};

Strokes StrokesOf(Charset charset) {
  if (charset == Charset::kAscii) return {"|", "-", "+", "+", "="};
  return {"\u2502", "\u2500", "\u2514", "\u2524", "\u2592"};
}

// Which of `count` cells `value` falls into, the first at the low end of `interval`.
size_t CellOf(const Interval& interval, double value, size_t count) {
  const double cells = static_cast<double>(count - 1);
  return static_cast<size_t>(std::lround(std::clamp(interval.ShareOf(value), 0.0, 1.0) * cells));
}

// What stands left of every line, from the top: a number at a tick, else nothing.
std::vector<std::string> LineLabels(const Interval& vertical, size_t lines) {
  std::vector<std::string> labels(lines);
  for (const double tick : Ticks(vertical, std::max<size_t>(lines / kLinesAMark, 2))) {
    labels[lines - 1 - CellOf(vertical, tick, lines)] = TickText(tick);
  }
  return labels;
}

std::string Panel(const Curve& curve, const std::vector<double>& values, size_t lines,
                  Charset charset, Accent accent, Ink ink) {
  const Strokes strokes = StrokesOf(charset);
  const Interval vertical = Widened(IntervalOf(values), kMargin);
  Dots dots(kColumns, lines, charset);
  DrawLine(curve.x, values, {curve.x.front(), curve.x.back()}, vertical, dots);
  const std::vector<std::string> labels = LineLabels(vertical, lines);
  std::string text;
  for (size_t i = 0; i < lines; ++i) {
    std::string line = dots.Line(i);
    line.erase(line.find_last_not_of(' ') + 1);
    text += Pad(labels[i], kLabelColumns, Align::kRight) + " ";
    text += labels[i].empty() ? strokes.upright : strokes.tick;
    text += line.empty() ? "" : Emphasize(line, accent, ink);
    text += '\n';
  }
  return text;
}

std::string ArgumentAxis(const Interval& horizontal, Charset charset) {
  const Strokes strokes = StrokesOf(charset);
  std::string axis = std::string(kLabelColumns + 1, ' ') + strokes.corner;
  std::string labels(kLabelColumns + 2 + kColumns + kLabelColumns, ' ');
  std::vector<bool> marked(kColumns);
  for (const double tick : Ticks(horizontal, kColumns / kColumnsAMark)) {
    const size_t column = CellOf(horizontal, tick, kColumns);
    const std::string text = TickText(tick);
    marked[column] = true;
    labels.replace(kLabelColumns + 2 + column - text.size() / 2, text.size(), text);
  }
  for (const bool mark : marked) axis += mark && charset == Charset::kAscii ? "+" : strokes.level;
  labels.erase(labels.find_last_not_of(' ') + 1);
  return axis + "\n" + labels + "\n";
}

std::string SaturatedBand(const Curve& curve, const std::vector<Interval>& stretches,
                          Charset charset) {
  const Interval horizontal{curve.x.front(), curve.x.back()};
  std::vector<bool> flat(kColumns);
  for (const Interval& stretch : stretches) {
    const size_t last = CellOf(horizontal, stretch.high, kColumns);
    for (size_t i = CellOf(horizontal, stretch.low, kColumns); i <= last; ++i) flat[i] = true;
  }
  std::string band = Pad("flat", kLabelColumns, Align::kRight) + "  ";
  for (const bool here : flat) band += here ? StrokesOf(charset).saturated : " ";
  band.erase(band.find_last_not_of(' ') + 1);
  return band + "\n";
}

std::string SaturatedLine(const std::vector<Interval>& stretches) {
  std::string text;
  for (const Interval& stretch : stretches) {
    text += fmt::format("{}{} to {}", text.empty() ? "" : ", ", TickText(stretch.low),
                        TickText(stretch.high));
  }
  return fmt::format("flat (|slope| < {}): {}\n", activation::kVanishing,
                     text.empty() ? "nowhere" : text);
}

}  // namespace

std::string PlotText(const Curve& curve, Charset charset, Ink ink) {
  const std::vector<Interval> stretches = Saturated(curve);
  std::string text = fmt::format("{}: {} over {}, model {} version {}\n",
                                 Emphasize(curve.title, Accent::kBold, ink), curve.y_name,
                                 curve.x_name, curve.model, curve.version);
  text += Panel(curve, curve.y, kCurveLines, charset, Accent::kBold, ink);
  text += fmt::format("\nslope of {}\n", curve.y_name);
  text += Panel(curve, curve.slope, kSlopeLines, charset, Accent::kGood, ink);
  text += ArgumentAxis({curve.x.front(), curve.x.back()}, charset);
  if (!stretches.empty()) text += SaturatedBand(curve, stretches, charset);
  return text + "\n" + SaturatedLine(stretches);
}

}  // namespace hillock::client
