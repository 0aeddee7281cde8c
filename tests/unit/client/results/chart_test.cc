// SPDX-License-Identifier: Apache-2.0
#include "client/results/chart.h"

#include <gmock/gmock.h>

#include <limits>
#include <string>

#include "client/text/units.h"

namespace hillock::client {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Chart ChartOf(std::vector<Point> points) {
  return {"A & B", {"x", FormatCount}, {"y", FormatCount}, {{"line", std::move(points), 2}}};
}

size_t Count(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(ChartTest, DrawsALineWithItsAxesAndLegend) {
  const std::string html = ChartHtml(ChartOf({{0, 1, ""}, {1, 2, "here"}}));
  EXPECT_THAT(html, HasSubstr("<h3>A &amp; B</h3>"));
  EXPECT_THAT(html, HasSubstr("<path class=\"l s2\" d=\"M76.0 "));
  EXPECT_THAT(html, HasSubstr("<title>here</title>"));
  EXPECT_THAT(html, HasSubstr("<i class=\"b2\"></i>line"));
  EXPECT_EQ(Count(html, "<circle"), 1u) << "only a point with a label has a dot";
}

TEST(ChartTest, LeavesGapsWhereNothingWasMeasured) {
  const std::string html = ChartHtml(ChartOf({{0, 1, ""}, {1, kNaN, ""}, {2, 1, ""}, {3, 2, ""}}));
  EXPECT_EQ(Count(html, "<path"), 2u);
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(ChartTest, SaysThatThereIsNothing) {
  for (const auto& points : {std::vector<Point>(), std::vector<Point>{{1, kNaN, ""}}}) {
    EXPECT_THAT(ChartHtml(ChartOf(points)), HasSubstr("Nothing was measured."));
  }
}

TEST(ChartTest, ALogAxisHasNoZero) {
  Chart chart = ChartOf({{0, 0, ""}, {1, 10, ""}, {2, 1000, ""}});
  chart.y.is_log = true;
  const std::string html = ChartHtml(chart);
  EXPECT_THAT(html, HasSubstr(">1,000</text>"));
  EXPECT_THAT(html, Not(HasSubstr("inf")));
}

TEST(LogTicksTest, AreFew) {
  EXPECT_THAT(LogTicks({1, 1000}), ElementsAre(1, 10, 100, 1000));
  EXPECT_THAT(LogTicks({1.5, 30}), ElementsAre(2, 5, 10, 20));
  EXPECT_THAT(LogTicks({1e-4, 2e-4}), ElementsAre(DoubleNear(1e-4, 1e-9), DoubleNear(2e-4, 1e-9)));
}

TEST(EscapedTest, KeepsTextOutOfMarkup) {
  EXPECT_EQ(Escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
}

}  // namespace
}  // namespace hillock::client
