// SPDX-License-Identifier: Apache-2.0
#include "client/plot/picture.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "client/text/table.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ResultOf;
using ::testing::SizeIs;

TEST(ParsePictureSizeTest, ReadsHeightAndWidth) {
  const auto size = ParsePictureSize("28x8");
  ASSERT_THAT(size, IsOk());
  EXPECT_EQ(size->height, 28u);
  EXPECT_EQ(size->width, 8u);
}

TEST(ParsePictureSizeTest, RefusesEverythingElse) {
  for (const char* text : {"", "8", "8x", "x8", "8x8x8", "0x8", "8x0", "-8x8", "513x1", "8 x 8",
                           "8X8", "axb", "99999999999999999999x1"}) {
    EXPECT_THAT(ParsePictureSize(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want HEIGHTxWIDTH")))
        << text;
  }
}

TEST(DrawPictureTest, DoublesSmallPictures) {
  const std::vector<float> pixels{0, 16, 16, 0};
  EXPECT_THAT(DrawPicture(pixels, {2, 2}, Ink::kPlain), ElementsAre("  @@", "@@  "));
}

TEST(DrawPictureTest, ScalesBetweenSmallestAndLargest) {
  const std::vector<float> pixels{-10, -5, 0, 5, 10};
  EXPECT_THAT(DrawPicture(pixels, {1, 5}, Ink::kPlain), ElementsAre("  ::++##@@"));
}

TEST(DrawPictureTest, PutsTwoRowsOfALargePictureIntoOneLine) {
  std::vector<float> pixels(28 * 28, 0);
  for (size_t i = 0; i < 28; ++i) pixels[i] = 1;
  const auto lines = DrawPicture(pixels, {28, 28}, Ink::kPlain);
  EXPECT_THAT(lines, SizeIs(14));
  EXPECT_EQ(lines[0], std::string(28, '='));
  EXPECT_EQ(lines[1], std::string(28, ' '));
}

TEST(DrawPictureTest, DrawsAnOddNumberOfRows) {
  EXPECT_THAT(DrawPicture(std::vector<float>(21 * 3, 1), {3, 21}, Ink::kPlain), SizeIs(2));
}

TEST(DrawPictureTest, DrawsFlatAndInfiniteRowsDark) {
  EXPECT_THAT(DrawPicture(std::vector<float>{7, 7}, {1, 2}, Ink::kPlain), ElementsAre("    "));
  const std::vector<float> strange{NAN, INFINITY, 0, 1};
  EXPECT_THAT(DrawPicture(strange, {1, 4}, Ink::kPlain), ElementsAre("      @@"));
  const std::vector<float> widest{-3.4e38f, 3.4e38f};
  EXPECT_THAT(DrawPicture(widest, {1, 2}, Ink::kPlain), ElementsAre("  @@"));
}

TEST(DrawPictureTest, ColorsHalfBlocks) {
  const std::vector<float> pixels{0, 1};
  const auto grey = DrawPicture(pixels, {1, 2}, Ink::kGrey256);
  EXPECT_THAT(grey,
              ElementsAre("\x1b[38;5;16;48;5;16m\u2580\u2580\x1b[38;5;231;48;5;231m\u2580\u2580"
                          "\x1b[0m"));
  const auto color = DrawPicture(pixels, {1, 2}, Ink::kTrueColor);
  EXPECT_THAT(color[0], HasSubstr("\x1b[38;2;255;255;255;48;2;255;255;255m"));
}

TEST(DrawPictureTest, LinesAreOfOneWidth) {
  std::vector<float> pixels(64);
  for (size_t i = 0; i < 64; ++i) pixels[i] = static_cast<float>(i % 17);
  for (const Ink ink : {Ink::kPlain, Ink::kGrey256, Ink::kTrueColor}) {
    const auto lines = DrawPicture(pixels, {8, 8}, ink);
    EXPECT_THAT(lines, SizeIs(8));
    EXPECT_THAT(lines, Each(ResultOf(DisplayWidth, 16)));
  }
}

TEST(DrawPictureDeathTest, WantsOnePixelAFeature) {
  EXPECT_DEATH(DrawPicture(std::vector<float>(3), {2, 2}, Ink::kPlain), "CHECK failed");
}

TEST(DrawBarTest, FillsItsShare) {
  EXPECT_EQ(DrawBar(0.5, 4, Ink::kPlain), "##  ");
  EXPECT_EQ(DrawBar(1, 4, Ink::kPlain), "####");
  EXPECT_EQ(DrawBar(1, 4, Ink::kTrueColor), "\u2588\u2588\u2588\u2588");
  EXPECT_EQ(DrawBar(0.5625, 2, Ink::kGrey256), "\u2588\u258f");
  EXPECT_EQ(DrawBar(0, 2, Ink::kGrey256), "  ");
}

TEST(DrawBarTest, CutsSharesOutsideOfZeroToOne) {
  for (const double share : std::vector<double>{-1, -INFINITY, NAN}) {
    EXPECT_EQ(DrawBar(share, 3, Ink::kPlain), "   ") << share;
  }
  EXPECT_EQ(DrawBar(INFINITY, 3, Ink::kPlain), "###");
}

TEST(DrawBarTest, IsAlwaysAsWideAsAsked) {
  for (int i = 0; i <= 100; ++i) {
    for (const Ink ink : {Ink::kPlain, Ink::kTrueColor}) {
      EXPECT_EQ(DisplayWidth(DrawBar(i / 100.0, 7, ink)), 7u) << i;
    }
  }
}

struct InkCase {
  TerminalFacts facts;
  Ink ink;
};

TEST(ChooseInkTest, FollowsTerminalAndEnvironment) {
  const InkCase cases[] = {
      {{false, "xterm", "truecolor", nullptr}, Ink::kPlain},
      {{true, "xterm", "truecolor", nullptr}, Ink::kTrueColor},
      {{true, "xterm", "24bit", ""}, Ink::kTrueColor},
      {{true, "xterm-256color", nullptr, nullptr}, Ink::kGrey256},
      {{true, "xterm", "truecolor", "1"}, Ink::kPlain},
      {{true, "dumb", "truecolor", nullptr}, Ink::kPlain},
      {{true, nullptr, nullptr, nullptr}, Ink::kPlain},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_EQ(ChooseInk(cases[i].facts), cases[i].ink) << "case " << i;
  }
}

TEST(EmphasizeTest, IsSilentOnPlainOutput) {
  EXPECT_EQ(Emphasize("x", Accent::kBold, Ink::kPlain), "x");
  EXPECT_EQ(Emphasize("x", Accent::kBad, Ink::kGrey256), "\x1b[1;31mx\x1b[0m");
}

}  // namespace
}  // namespace hillock::client
