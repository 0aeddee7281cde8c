// SPDX-License-Identifier: Apache-2.0
#include "client/text/table.h"

#include <gtest/gtest.h>

namespace hillock::client {
namespace {

TEST(DisplayWidthTest, CountsColumnsNotBytes) {
  const std::pair<const char*, size_t> cases[] = {
      {"", 0},
      {"abc", 3},
      {"\u2713", 1},
      {"\u2588\u2589", 2},
      {"caf\u00e9", 4},
      {"cafe\u0301", 4},
      {"\u6570\u5b57", 4},
      {"\U0001f600", 2},
      {"\x1b[1;31mred\x1b[0m", 3},
      {"\x1b[38;2;1;2;3;48;2;4;5;6m\u2580\x1b[0m", 1},
  };
  for (const auto& [text, width] : cases) EXPECT_EQ(DisplayWidth(text), width) << text;
}

TEST(DisplayWidthTest, CountsAMalformedByteAsOne) {
  for (const char* text : {"\xff", "\x80", "\xe2", "\xc3"}) {
    EXPECT_EQ(DisplayWidth(text), 1u) << "byte " << static_cast<int>(text[0]);
  }
  EXPECT_EQ(DisplayWidth("\xe2\x28\xa1"), 3u);
  EXPECT_EQ(DisplayWidth("\x1b"), 1u);
  EXPECT_EQ(DisplayWidth("\x1b[12"), 0u);
}

TEST(PadTest, PadsOnTheFarSide) {
  EXPECT_EQ(Pad("\u2713", 3, Align::kLeft), "\u2713  ");
  EXPECT_EQ(Pad("ab", 3, Align::kRight), " ab");
  EXPECT_EQ(Pad("abcd", 3, Align::kRight), "abcd");
}

TEST(TableTest, AlignsEveryColumn) {
  Table table({{"n", Align::kRight}, {"name"}, {"p", Align::kRight}});
  table.AddRow({"1", "\u00e9t\u00e9", "0.5"});
  table.AddRow({"10", "winter", "12.5"});
  EXPECT_EQ(table.Render(),
            " n  name       p\n"
            " 1  \u00e9t\u00e9      0.5\n"
            "10  winter  12.5\n");
}

TEST(TableTest, FillsMissingCellsAndLeavesNoBlanksAtTheEnd) {
  Table table({{"a"}, {"long title"}});
  EXPECT_TRUE(table.empty());
  table.AddRow({"x"});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.Render(), "a  long title\nx\n");
}

TEST(TableDeathTest, RefusesMoreCellsThanColumns) {
  Table table({{"a"}});
  EXPECT_DEATH(table.AddRow({"1", "2"}), "CHECK failed");
}

}  // namespace
}  // namespace hillock::client
