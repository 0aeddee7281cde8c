// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/text_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/status_matchers.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

// "a=1 b{c=2}", one space between fields.
std::string Text(const std::vector<TextField>& fields) {
  std::string text;
  for (const TextField& field : fields) {
    if (!text.empty()) text.push_back(' ');
    text.append(field.name);
    if (field.fields.empty()) {
      text.append("=").append(field.text);
    } else {
      text.append("{").append(Text(field.fields)).append("}");
    }
  }
  return text;
}

std::string Parsed(const std::string& text) {
  const auto fields = ParseTextFields(text);
  EXPECT_THAT(fields, IsOk()) << text;
  return fields.ok() ? Text(*fields) : "";
}

TEST(ParseTextFields, TakesScalars) {
  EXPECT_EQ(Parsed("a: 1 b: -2.5 c: WORD d: true"), "a=1 b=-2.5 c=WORD d=true");
  EXPECT_EQ(Parsed("a: 1; b: 2, # comment: 3\nc: 4"), "a=1 b=2 c=4");
}

TEST(ParseTextFields, TakesStrings) {
  EXPECT_EQ(Parsed(R"(a: "x" b: 'y' c: "{[<" d: "1" "2" '3')"), "a=x b=y c={[< d=123");
  EXPECT_EQ(Parsed(R"(a: "\"\x41\n")"), "a=\"A\n");
}

TEST(ParseTextFields, TakesMessages) {
  EXPECT_EQ(Parsed("a { b: 1 c < d: 2 > } e: { f: 3 }"), "a{b=1 c{d=2}} e{f=3}");
}

TEST(ParseTextFields, TakesListsAsAFieldForEachElement) {
  EXPECT_EQ(Parsed("a: [ 1, 2 ] b [ { c: 3 }, { d: 4 } ] e: [ ]"), "a=1 a=2 b{c=3} b{d=4}");
}

TEST(ParseTextFields, KnowsWhereFieldsAre) {
  const auto fields = ParseTextFields("a: 1\n  b: 2");
  ASSERT_THAT(fields, IsOk());
  EXPECT_EQ(ComplaintAt((*fields)[1], "bad").message(), "line 2, column 3: bad");
}

TEST(ParseTextFields, RefusesWhatIsNone) {
  const auto refused = [](const std::string& text, const std::string& message) {
    EXPECT_THAT(ParseTextFields(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  };
  refused("a", "line 1, column 2: got the end, want ':' or '{'");
  refused("a b", "line 1, column 3: got 'b', want ':' or '{'");
  refused("a:", "line 1, column 3: got the end, want a value");
  refused("a: }", "got '}', want a value");
  refused("a: 1\n}", "line 2, column 1: got '}', want a field's name");
  refused("a { b: 1", "got the end, want a field's name");
  refused("a { b: 1 >", "got '>', want a field's name");
  refused("a: [1 2]", "got '2', want ',' or ']'");
  refused("1: 2", "got '1', want a field's name");
  refused("a: \"x", "line 1, column 6: ");
  refused(std::string("a: \0", 4), "line 1");
}

TEST(ParseTextFields, IsNotLedIntoTheDepth) {
  for (const std::string open : {"a { ", "a <", "a: [[", "a: [ { "}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    EXPECT_THAT(ParseTextFields(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("")));
  }
  std::string lists = "a: ";
  lists.append(100'000, '[');
  EXPECT_THAT(ParseTextFields(lists), StatusIs(absl::StatusCode::kInvalidArgument,
                                               HasSubstr("messages more than 100 deep")));
}

TEST(ParseTextFields, TakesSoManyFieldsAndNoMore) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "a: 1 ";
  EXPECT_THAT(ParseTextFields(text), IsOk());
  EXPECT_THAT(ParseTextFields(text + "a: 1"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than 10000 fields")));
}

}  // namespace
}  // namespace hillock::repository
