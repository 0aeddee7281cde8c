// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Printable, EscapesWhatIsNoText) {
  EXPECT_EQ(Printable("my cat"), "my cat");
  EXPECT_EQ(Printable("\xc3\xa9"), "\xc3\xa9");
  EXPECT_EQ(Printable("a\nb"), "a\\nb");
  EXPECT_EQ(Printable("a\x1b["), "a\\x1b[");
  EXPECT_EQ(Printable("f\xff\xfe"), "f\\xff\\xfe");
}

TEST(DescribeEntries, NamesTheFirstFew) {
  EXPECT_EQ(DescribeEntries({}), "");
  EXPECT_EQ(DescribeEntries(std::vector<std::string>{"v1"}), "; there is 'v1'");
  EXPECT_EQ(DescribeEntries(std::vector<std::string>{"a", "b\n"}), "; there are 'a', 'b\\n'");
  EXPECT_EQ(DescribeEntries(std::vector<std::string>{"a", "b", "c", "d", "e", "f"}),
            "; there are 'a', 'b', 'c', 'd' and 2 more");
}

TEST(IsModelName, TakesLettersDigitsAndThreeMarks) {
  for (const auto& name : {std::string("a"), std::string("A-z_0.9"), std::string("1"),
                           std::string("-"), std::string(128, 'x')}) {
    EXPECT_TRUE(IsModelName(name)) << name;
  }
  for (const auto& name :
       {std::string(), std::string("."), std::string(".."), std::string(".a"), std::string("a b"),
        std::string("a/b"), std::string("a\\b"), std::string("a\0b", 3), std::string("\xc3\xa9"),
        std::string("a\n"), std::string(129, 'x')}) {
    EXPECT_FALSE(IsModelName(name)) << name;
  }
}

TEST(ParseVersion, TakesPositiveIntegersInPlainDecimal) {
  EXPECT_THAT(ParseVersion("1"), IsOkAndHolds(1));
  EXPECT_THAT(ParseVersion("42"), IsOkAndHolds(42));
  EXPECT_THAT(ParseVersion("9223372036854775807"), IsOkAndHolds(9223372036854775807));
}

TEST(ParseVersion, RefusesEverythingElse) {
  for (const char* text : {"", "0", "-1", "+1", "01", "1.0", "1 ", " 1", "one", "1e3", "0x1",
                           "9223372036854775808", "99999999999999999999"}) {
    EXPECT_THAT(ParseVersion(text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("got model version '" + std::string(text) + "'"),
                               HasSubstr("want a positive integer"))));
  }
}

}  // namespace
}  // namespace hillock::repository
