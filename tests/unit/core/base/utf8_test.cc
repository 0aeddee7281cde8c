// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hillock {
namespace {

const std::vector<std::string> kCharacters = {"a",                 // one byte
                                              std::string(1, 0),   // the least
                                              "\x7f",              // the most of one byte
                                              "\xc2\x80",          // the least and the most of two
                                              "\xdf\xbf",          //
                                              "\xe0\xa0\x80",      // of three
                                              "\xed\x9f\xbf",      // before the surrogates
                                              "\xee\x80\x80",      // after them
                                              "\xef\xbf\xbf",      //
                                              "\xf0\x90\x80\x80",  // of four
                                              "\xf4\x8f\xbf\xbf"};

const std::vector<std::string> kDamaged = {"\x80",              // continues nothing
                                           "\xbf",              //
                                           "\xc3",              // cut short
                                           "\xe2\x82",          //
                                           "\xf0\x9f\x98",      //
                                           "\xc3(",             // does not go on
                                           "\xe2\x82(",         //
                                           "\xf0\x9f\x98(",     //
                                           "\xc0\x80",          // longer than need be
                                           "\xc1\xbf",          //
                                           "\xe0\x9f\xbf",      //
                                           "\xf0\x8f\xbf\xbf",  //
                                           "\xed\xa0\x80",      // surrogates
                                           "\xed\xbf\xbf",      //
                                           "\xf4\x90\x80\x80",  // above U+10FFFF
                                           "\xf8\x88\x80\x80\x80",
                                           "\xff"};

// Before and after any number of ASCII characters, which are looked at several at a time.
class IsUtf8Test : public ::testing::TestWithParam<size_t> {
 protected:
  std::string Around(const std::string& text) const {
    return std::string(GetParam(), 'x') + text + std::string(GetParam(), 'y');
  }
};

TEST_P(IsUtf8Test, TakesEveryLengthOfCharacter) {
  for (const std::string& character : kCharacters) {
    EXPECT_TRUE(IsUtf8(Around(character))) << ::testing::PrintToString(character);
    EXPECT_TRUE(IsUtf8(Around(character + character))) << ::testing::PrintToString(character);
  }
}

TEST_P(IsUtf8Test, RefusesWhatIsNoCharacter) {
  for (const std::string& damaged : kDamaged) {
    EXPECT_FALSE(IsUtf8(Around(damaged))) << ::testing::PrintToString(damaged);
    EXPECT_FALSE(IsUtf8(std::string(GetParam(), 'x') + damaged))
        << ::testing::PrintToString(damaged);
  }
}

INSTANTIATE_TEST_SUITE_P(Among, IsUtf8Test, ::testing::Range(size_t{0}, size_t{20}));

TEST(IsUtf8, TakesNothing) { EXPECT_TRUE(IsUtf8("")); }

TEST(EscapedUtf8, KeepsWhatIsUtf8AndSpellsTheRest) {
  EXPECT_EQ(EscapedUtf8("digits-relu.2"), "digits-relu.2");
  EXPECT_EQ(EscapedUtf8("gr\xc3\xbcn"), "gr\xc3\xbcn");
  EXPECT_EQ(EscapedUtf8("f\xff\xfe"), "f\\xFF\\xFE");
  EXPECT_EQ(EscapedUtf8("f\\xFF"), "f\\xFF");
  EXPECT_EQ(EscapedUtf8(""), "");
}

TEST_P(IsUtf8Test, EscapingLeavesNothingElse) {
  for (const std::string& damaged : kDamaged) {
    EXPECT_TRUE(IsUtf8(EscapedUtf8(Around(damaged)))) << ::testing::PrintToString(damaged);
  }
}

}  // namespace
}  // namespace hillock
