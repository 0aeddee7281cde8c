// SPDX-License-Identifier: Apache-2.0
#include "client/plot/plot_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "client/plot/axis.h"

namespace hillock::client {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 480;
constexpr double kLeft = 70;
constexpr double kRight = kWidth - 24;
constexpr double kTop = 64;
constexpr double kBottom = kHeight - 56;
constexpr double kMargin = 0.04;
constexpr size_t kMarksAcross = 13;
constexpr size_t kMarksUp = 9;
constexpr char kCurveColor[] = "#1f5fbf";
constexpr char kSlopeColor[] = "#c2410c";
constexpr char kSaturatedColor[] = "#faf0cf";

struct Frame {
  Interval horizontal;
  Interval vertical;

  double X(double x) const { return kLeft + horizontal.ShareOf(x) * (kRight - kLeft); }
  double Y(double y) const { return kBottom - vertical.ShareOf(y) * (kBottom - kTop); }
};

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

Frame FrameOf(const Curve& curve) {
  const Interval own = IntervalOf(curve.y);
  const Interval slope = IntervalOf(curve.slope);
  const Interval both{std::min(own.low, std::max(slope.low, own.low - own.span())),
                      std::max(own.high, std::min(slope.high, own.high + own.span()))};
  return {{curve.x.front(), curve.x.back()}, Widened(both, kMargin)};
}

std::string Text(double x, double y, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     Escaped(text));
}

std::string Stroke(double x1, double y1, double x2, double y2, std::string_view color) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", x1, y1, x2,
      y2, color);
}

std::string Grid(const Frame& frame) {
  constexpr char kFaint[] = "#e2e6ea";
  constexpr char kStrong[] = "#8a939c";
  const auto color = [&](double tick) { return tick == 0 ? kStrong : kFaint; };
  std::string svg;
  for (const double tick : Ticks(frame.horizontal, kMarksAcross)) {
    svg += Stroke(frame.X(tick), kTop, frame.X(tick), kBottom, color(tick));
    svg += Text(frame.X(tick), kBottom + 18, "middle", TickText(tick));
  }
  for (const double tick : Ticks(frame.vertical, kMarksUp)) {
    svg += Stroke(kLeft, frame.Y(tick), kRight, frame.Y(tick), color(tick));
    svg += Text(kLeft - 8, frame.Y(tick) + 4, "end", TickText(tick));
  }
  return svg;
}

std::string Shading(const Curve& curve, const Frame& frame) {
  std::string svg;
  for (const Interval& stretch : Saturated(curve)) {
    svg += fmt::format(
        "<rect class=\"saturated\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
        "fill=\"{}\"/>\n",
        frame.X(stretch.low), kTop, std::max(frame.X(stretch.high) - frame.X(stretch.low), 1.0),
        kBottom - kTop, kSaturatedColor);
  }
  return svg;
}

// One polyline for every run of finite points.
std::string Polylines(const std::vector<double>& x, const std::vector<double>& y,
                      const Frame& frame, std::string_view style) {
  std::string svg;
  std::string points;
  const auto finish = [&] {
    if (!points.empty()) svg += fmt::format("<polyline {} points=\"{}\"/>\n", style, points);
    points.clear();
  };
  for (size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(y[i])) {
      finish();
    } else {
      points +=
          fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", frame.X(x[i]), frame.Y(y[i]));
    }
  }
  finish();
  return svg;
}

std::string Legend(const Curve& curve, bool has_saturated) {
  constexpr double kLine = 46;
  std::string svg = Stroke(kLeft, kLine - 4, kLeft + 24, kLine - 4, kCurveColor);
  svg += Text(kLeft + 30, kLine, "start", curve.y_name);
  svg += Stroke(kLeft + 180, kLine - 4, kLeft + 204, kLine - 4, kSlopeColor);
  svg += Text(kLeft + 210, kLine, "start", "its slope");
  if (has_saturated) {
    svg += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"24\" height=\"12\" "
        "fill=\"{}\"/>\n",
        kLeft + 330, kLine - 10, kSaturatedColor);
    svg += Text(kLeft + 360, kLine, "start", fmt::format("|slope| < {}", activation::kVanishing));
  }
  return svg;
}

std::string Style(std::string_view color, std::string_view extra) {
  return fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"2\" clip-path=\"url(#frame)\"{}",
                     color, extra);
}

}  // namespace

std::string PlotSvg(const Curve& curve) {
  const Frame frame = FrameOf(curve);
  std::string svg = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:g} {1:g}\" width=\"{0:g}\" "
      "height=\"{1:g}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#24292f\">\n"
      "<title>{2}</title>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
      "<clipPath id=\"frame\"><rect x=\"{3:g}\" y=\"{4:g}\" width=\"{5:g}\" "
      "height=\"{6:g}\"/></clipPath>\n",
      kWidth, kHeight, Escaped(curve.title), kLeft, kTop, kRight - kLeft, kBottom - kTop);
  svg += Text(kLeft, 26, "start",
              fmt::format("{} (model {}, version {})", curve.title, curve.model, curve.version));
  svg += Shading(curve, frame) + Grid(frame) + Legend(curve, !Saturated(curve).empty());
  svg += Polylines(curve.x, curve.slope, frame, Style(kSlopeColor, " stroke-dasharray=\"6 3\""));
  svg += Polylines(curve.x, curve.y, frame, Style(kCurveColor, ""));
  svg += Text((kLeft + kRight) / 2, kHeight - 14, "middle", curve.x_name);
  return svg + "</svg>\n";
}

}  // namespace hillock::client
