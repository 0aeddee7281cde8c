// SPDX-License-Identifier: Apache-2.0
#include "client/plot/dots.h"

#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <vector>

namespace hillock::client {
namespace {

std::vector<std::string> Lines(const Dots& dots, size_t lines) {
  std::vector<std::string> text;
  for (size_t i = 0; i < lines; ++i) text.push_back(dots.Line(i));
  return text;
}

using ::testing::ElementsAre;

TEST(DotsTest, AreTwoToACharacterInAscii) {
  Dots dots(3, 1, Charset::kAscii);
  EXPECT_EQ(dots.width(), 3u);
  EXPECT_EQ(dots.height(), 2u);
  dots.Set(0, 0);
  dots.Set(1, 1);
  dots.Set(2, 0);
  dots.Set(2, 1);
  EXPECT_EQ(dots.Line(0), "'.:");
}

TEST(DotsTest, AreEightToACharacterInBraille) {
  Dots dots(2, 2, Charset::kUtf8);
  EXPECT_EQ(dots.width(), 4u);
  EXPECT_EQ(dots.height(), 8u);
  dots.Set(0, 0);
  dots.Set(3, 7);
  EXPECT_THAT(Lines(dots, 2), ElementsAre("\u2801 ", " \u2880"));
  for (size_t x = 0; x < 2; ++x) {
    for (size_t y = 0; y < 4; ++y) dots.Set(x, y);
  }
  EXPECT_EQ(dots.Line(0), "\u28ff ");
}

TEST(DotsTest, LinesRunFromTheFirstPointToTheLast) {
  Dots dots(5, 2, Charset::kAscii);
  const std::vector<double> x = {0, 1, 2};
  DrawLine(x, std::vector<double>{0, 1, 0}, {0, 2}, {0, 1}, dots);
  EXPECT_THAT(Lines(dots, 2), ElementsAre(" .:. ", ":' ':"));
}

TEST(DotsTest, LinesHaveNoGapWhereTheyAreSteep) {
  Dots dots(3, 3, Charset::kAscii);
  const std::vector<double> x = {0, 1, 1.0001, 2};
  DrawLine(x, std::vector<double>{0, 0, 1, 1}, {0, 2}, {0, 1}, dots);
  EXPECT_THAT(Lines(dots, 3), ElementsAre(" :'", " : ", ".: "));
}

TEST(DotsTest, LinesAreCutOffAtTheEdgesAndBrokenWhereThereIsNoNumber) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  Dots dots(5, 1, Charset::kAscii);
  const std::vector<double> x = {0, 1, 2, 3, 4};
  DrawLine(x, std::vector<double>{0, 0, kNan, 9, 9}, {0, 4}, {0, 1}, dots);
  EXPECT_EQ(dots.Line(0), "..   ");
}

}  // namespace
}  // namespace hillock::client
