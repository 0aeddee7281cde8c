// SPDX-License-Identifier: Apache-2.0
#include "client/plot/plot_svg.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace hillock::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Curve CurveOf(std::vector<double> y) {
  Curve curve{.model = "m",
              .version = "1",
              .title = "t",
              .x_name = "x",
              .y_name = "y",
              .x = {},
              .y = {},
              .slope = {}};
  for (size_t i = 0; i < y.size(); ++i) curve.x.push_back(static_cast<double>(i));
  curve.y = std::move(y);
  curve.slope = SlopesOf(curve.x, curve.y);
  return curve;
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Whether every element of `xml` is closed in turn, and none is left open.
bool IsBalanced(const std::string& xml) {
  std::vector<std::string> open;
  for (size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const size_t end = xml.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.starts_with("?") || tag.ends_with("/")) continue;
    if (!tag.starts_with("/")) {
      open.push_back(tag.substr(0, tag.find(' ')));
    } else if (open.empty() || open.back() != tag.substr(1)) {
      return false;
    } else {
      open.pop_back();
    }
  }
  return open.empty();
}

TEST(PlotSvgTest, IsADocumentOfItsOwn) {
  const std::string svg = PlotSvg(CurveOf({0, 1, 4, 9}));
  EXPECT_TRUE(IsBalanced(svg)) << svg;
  EXPECT_THAT(svg, HasSubstr("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns="));
  EXPECT_THAT(svg, HasSubstr("t (model m, version 1)"));
  EXPECT_THAT(svg, Not(HasSubstr("href")));
}

TEST(PlotSvgTest, DrawsTheCurveAndItsSlopeWithALegend) {
  const std::string svg = PlotSvg(CurveOf({0, 1, 4, 9}));
  EXPECT_EQ(Count(svg, "<polyline"), 2u);
  EXPECT_EQ(Count(svg, ">its slope</text>"), 1u);
  for (const char* tick : {">0<", ">1<", ">2<", ">3<", ">8<"}) EXPECT_THAT(svg, HasSubstr(tick));
}

TEST(PlotSvgTest, ShadesWhereTheSlopeVanishes) {
  EXPECT_EQ(Count(PlotSvg(CurveOf({0, 1, 4, 9})), "class=\"saturated\""), 0u);
  const std::string svg = PlotSvg(CurveOf({5, 5, 5, 5, 9, 13, 13, 13, 13}));
  EXPECT_EQ(Count(svg, "class=\"saturated\""), 2u);
  EXPECT_THAT(svg, HasSubstr("|slope| &lt; 0.001"));
}

TEST(PlotSvgTest, LetsAJumpNotSquashTheCurve) {
  const std::string svg = PlotSvg(CurveOf({0, 0, 0, 1000, 1000, 1000}));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  const std::string level = PlotSvg(CurveOf({7, 7, 7}));
  EXPECT_THAT(level, Not(HasSubstr("nan")));
  EXPECT_THAT(level, Not(HasSubstr("inf")));
}

TEST(PlotSvgTest, BreaksTheLineWhereThereIsNoNumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string svg = PlotSvg(CurveOf({0, 1, 2, nan, 4, 5, 6}));
  EXPECT_EQ(Count(svg, "<polyline"), 5u);  // the slope has none at both neighbours
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(PlotSvgTest, EscapesNames) {
  Curve curve = CurveOf({0, 1, 2});
  curve.title = "a<b>&c";
  const std::string svg = PlotSvg(curve);
  EXPECT_TRUE(IsBalanced(svg));
  EXPECT_THAT(svg, HasSubstr("<title>a&lt;b&gt;&amp;c</title>"));
}

}  // namespace
}  // namespace hillock::client
