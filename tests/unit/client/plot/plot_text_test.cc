// SPDX-License-Identifier: Apache-2.0
#include "client/plot/plot_text.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "client/text/table.h"

namespace hillock::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// min(max(x, -1), 1) over -2 to 2.
Curve Ramp() {
  Curve curve{.model = "m",
              .version = "1",
              .title = "ramp",
              .x_name = "x",
              .y_name = "y",
              .x = {},
              .y = {},
              .slope = {}};
  for (int i = -200; i <= 200; ++i) {
    curve.x.push_back(i / 100.0);
    curve.y.push_back(std::clamp(i / 100.0, -1.0, 1.0));
  }
  curve.slope = SlopesOf(curve.x, curve.y);
  return curve;
}

constexpr char kRamp[] = R"(ramp: y over x, model m version 1
        1 +                                               ..................
          |                                            ..:'
          |                                          .:'
          |                                       ..:'
          |                                     .:'
          |                                  ..:'
        0 +                                .:'
          |                              .:'
          |                           .:''
          |                         .:'
          |                      .:''
          |                    .:'
          |                 .:''
       -1 +''''''''''''''''''

slope of y
        1 +                :''''''''''''''''''''''''''''''':
          |                :                               :
          |                :                               :
          |                :                               :
          |                :                               :
          |                :                               :
          |                :                               :
        0 +................:                               :................
          ++---------------+---------------+---------------+---------------+
          -2              -1               0               1               2
     flat  =================                               =================

flat (|slope| < 0.001): -2 to -1.01, 1.01 to 2
)";

TEST(PlotTextTest, DrawsCurveSlopeAndSaturation) {
  EXPECT_EQ(PlotText(Ramp(), Charset::kAscii, Ink::kPlain), kRamp);
}

TEST(PlotTextTest, DrawsBrailleWhereItMay) {
  const std::string text = PlotText(Ramp(), Charset::kUtf8, Ink::kPlain);
  EXPECT_THAT(text, AllOf(HasSubstr("\u2824"), HasSubstr("\u2524"), HasSubstr("\u2592"),
                          Not(HasSubstr("\x1b"))));
}

TEST(PlotTextTest, IsNarrow) {
  for (const Charset charset : {Charset::kAscii, Charset::kUtf8}) {
    std::istringstream lines(PlotText(Ramp(), charset, Ink::kTrueColor));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80u) << line;
  }
}

TEST(PlotTextTest, SaysThatNothingIsSaturated) {
  Curve line = Ramp();
  line.y = line.x;
  line.slope = SlopesOf(line.x, line.y);
  const std::string text = PlotText(line, Charset::kAscii, Ink::kPlain);
  EXPECT_THAT(text, AllOf(HasSubstr("flat (|slope| < 0.001): nowhere\n"), Not(HasSubstr("="))));
}

}  // namespace
}  // namespace hillock::client
