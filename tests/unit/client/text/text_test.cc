// SPDX-License-Identifier: Apache-2.0
#include "client/text/text.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>

namespace hillock::client {
namespace {

TEST(TextTest, TrimTakesBlanksOffBothEnds) {
  EXPECT_EQ(Trim(" \t a b\r"), "a b");
  EXPECT_EQ(Trim(" \t\r"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(TextTest, EqualsIgnoreCaseKnowsAsciiOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("Label", "lABEL"));
  EXPECT_FALSE(EqualsIgnoreCase("label", "labels"));
  EXPECT_FALSE(EqualsIgnoreCase("\u00c4", "\u00e4"));
}

TEST(TextTest, ParseNumberReadsDecimals) {
  const std::pair<const char*, double> cases[] = {
      {"0", 0},          {"-1.5", -1.5},      {"+2", 2},          {"1e3", 1000},
      {".5", 0.5},       {"5.", 5},           {"1e-400", 0},      {"-1e-400", 0},
      {"inf", INFINITY}, {"-inf", -INFINITY}, {"+Inf", INFINITY}, {"16", 16}};
  for (const auto& [text, value] : cases) EXPECT_EQ(ParseNumber(text), value) << text;
  ASSERT_TRUE(ParseNumber("NaN").has_value());
  EXPECT_TRUE(std::isnan(*ParseNumber("NaN")));
}

TEST(TextTest, ParseNumberRefusesEverythingElse) {
  for (const char* text : {"", " ", "1 ", " 1", "1,5", "0x10", "1e", "--1", "+-1", "++1", "1e999",
                           "-1e999", "one", "1.2.3", "+"}) {
    EXPECT_EQ(ParseNumber(text), std::nullopt) << "'" << text << "'";
  }
}

TEST(TextTest, FitsFloatAsksOnlyForRange) {
  EXPECT_TRUE(FitsFloat(3.4e38));
  EXPECT_TRUE(FitsFloat(1e-300));
  EXPECT_TRUE(FitsFloat(INFINITY));
  EXPECT_TRUE(FitsFloat(NAN));
  EXPECT_FALSE(FitsFloat(3.5e38));
  EXPECT_FALSE(FitsFloat(-1e300));
}

TEST(TextTest, QuotedCutsAndEscapes) {
  EXPECT_EQ(Quoted("abc"), "'abc'");
  EXPECT_EQ(Quoted(std::string("a\0\x1b[2J", 6)), "'a\\x00\\x1b[2J'");
  EXPECT_EQ(Quoted(std::string(33, 'x')), "'" + std::string(32, 'x') + "...'");
}

TEST(TextTest, QuotedDoesNotCutACharacterInTwo) {
  EXPECT_EQ(Quoted(std::string(31, 'x') + "\u00e9\u00e9"), "'" + std::string(31, 'x') + "...'");
}

TEST(TextTest, PrintableLeavesUtf8Alone) {
  EXPECT_EQ(Printable("caf\u00e9 \u2713"), "caf\u00e9 \u2713");
  EXPECT_EQ(Printable("a\nb\x7f"), "a\\x0ab\\x7f");
}

}  // namespace
}  // namespace hillock::client
