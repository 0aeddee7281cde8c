// SPDX-License-Identifier: Apache-2.0
#include "client/rows/csv_rows.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

RowsOptions Want(size_t width, std::string_view label_column = "") {
  return {width, LabelColumn::FromFlag(label_column)};
}

struct GoodCase {
  const char* what;
  std::string text;
  RowsOptions options;
  std::vector<float> values;
  std::vector<std::string> labels;
};

class GoodCsvTest : public ::testing::TestWithParam<GoodCase> {};

TEST_P(GoodCsvTest, GivesRowsAndLabels) {
  const GoodCase& c = GetParam();
  const auto rows = ParseCsv(c.text, c.options);
  ASSERT_THAT(rows, IsOk()) << c.what << ": " << c.text;
  EXPECT_EQ(rows->values, c.values) << c.what << ": " << c.text;
  EXPECT_EQ(rows->labels, c.labels) << c.what << ": " << c.text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GoodCsvTest,
    ::testing::Values(
        GoodCase{"plain", "1,2\n3,4\n", Want(2), {1, 2, 3, 4}, {}},
        GoodCase{"any width", "1,2,3\n", Want(0), {1, 2, 3}, {}},
        GoodCase{"one column", "1\n2\n", Want(1), {1, 2}, {}},
        GoodCase{"no line end at the end", "1,2\n3,4", Want(2), {1, 2, 3, 4}, {}},
        GoodCase{"CR LF", "1,2\r\n3,4\r\n", Want(2), {1, 2, 3, 4}, {}},
        GoodCase{"byte order mark",
                 "\xef\xbb\xbf"
                 "1,2\n",
                 Want(2),
                 {1, 2},
                 {}},
        GoodCase{"empty lines", "\n1,2\n\n \n3,4\n\n", Want(2), {1, 2, 3, 4}, {}},
        GoodCase{"semicolons", "1;2\n", Want(2), {1, 2}, {}},
        GoodCase{"tabs", "1\t2\n", Want(2), {1, 2}, {}},
        GoodCase{"runs of spaces", "  1   2 \n 3  4\n", Want(2), {1, 2, 3, 4}, {}},
        GoodCase{"blanks around", " 1 ,  2 \n", Want(2), {1, 2}, {}},
        GoodCase{"quoted numbers", "\"1\",\"2\"\n", Want(2), {1, 2}, {}},
        GoodCase{"header", "a,b\n1,2\n", Want(2), {1, 2}, {}},
        GoodCase{"quoted header", "\"a, b\",\"c \"\"d\"\"\"\n1,2\n", Want(2), {1, 2}, {}},
        GoodCase{"header with a line end", "\"a\nb\",c\n1,2\n", Want(2), {1, 2}, {}},
        GoodCase{"not finite", "inf,-inf\n", Want(2), {INFINITY, -INFINITY}, {}},
        GoodCase{"tiny becomes 0", "1e-60,1e-400\n", Want(2), {0, 0}, {}},
        GoodCase{"header says label", "a,b,label\n1,2,x\n", Want(2), {1, 2}, {"x"}},
        GoodCase{"header says Label", "a,b,Label\n1,2,x\n", Want(0), {1, 2}, {"x"}},
        GoodCase{"one too many", "1,2,7\n3,4,8\n", Want(2), {1, 2, 3, 4}, {"7", "8"}},
        GoodCase{"text label, no header", "1,2,x\n3,4,y\n", Want(2), {1, 2, 3, 4}, {"x", "y"}},
        GoodCase{"counted header, label", "0,1,label\n5,6,x\n", Want(2), {5, 6}, {"x"}},
        GoodCase{"counted header, other name", "0,1,kind\n5,6,x\n", Want(2), {5, 6}, {"x"}},
        GoodCase{"label with delimiter", "1,2,\"x, y\"\n", Want(2), {1, 2}, {"x, y"}},
        GoodCase{"empty label", "1,2,\n", Want(2, "last"), {1, 2}, {""}},
        GoodCase{"last, any width", "1,2,x\n", Want(0, "last"), {1, 2}, {"x"}},
        GoodCase{"named", "kind,a,b\nx,1,2\n", Want(2, "kind"), {1, 2}, {"x"}},
        GoodCase{"named, in the middle", "a,kind,b\n1,x,2\n", Want(0, "kind"), {1, 2}, {"x"}},
        GoodCase{"none", "a,b,label\n1,2,3\n", Want(3, "none"), {1, 2, 3}, {}},
        GoodCase{"header only", "a,b\n", Want(2), {}, {}}, GoodCase{"empty", "", Want(2), {}, {}},
        GoodCase{"blank", " \n\n", Want(2), {}, {}}));

struct BadCase {
  const char* what;
  std::string text;
  RowsOptions options;
  const char* message;
};

class BadCsvTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadCsvTest, SaysWhere) {
  const BadCase& c = GetParam();
  EXPECT_THAT(ParseCsv(c.text, c.options), StatusIs(kInvalid, HasSubstr(c.message)))
      << c.what << ": " << c.text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadCsvTest,
    ::testing::Values(
        BadCase{"text in a row", "1,2\n3,x\n", Want(2),
                "row 1 (line 2), column 1: got 'x', want a number"},
        BadCase{"text below a header", "a,b\n1,2\n\n3,x\n", Want(2),
                "row 1 (line 4), column 1 'b': got 'x', want a number"},
        BadCase{"empty field", "1,2\n3,\n", Want(2), "row 1 (line 2), column 1: got '', want"},
        BadCase{"too large for FP32", "1,2\n1,1e39\n", Want(2),
                "got '1e39', want a number that FP32"},
        BadCase{"too large for anything", "1,2\n1,1e999\n", Want(2), "got '1e999', want a number"},
        BadCase{"decimal commas", "1,5;2,5\n", Want(2),
                "line 1: got '1,5' with a decimal comma, want a decimal point"},
        BadCase{"decimal commas below a header", "a;b\n3,5;4,5\n", Want(2),
                "got '3,5', want a number"},
        BadCase{"hexadecimal", "1,2\n0x1,2\n", Want(2), "row 1 (line 2), column 0: got '0x1'"},
        BadCase{"short row", "1,2\n3\n", Want(2), "row 1 (line 2): got 1 columns, want 2"},
        BadCase{"long row", "1,2\n3,4,5\n", Want(2), "row 1 (line 2): got 3 columns, want 2"},
        BadCase{"too few columns", "1,2\n", Want(3),
                "line 1: got 2 columns, want 3 features, with or without a label"},
        BadCase{"too many columns", "1,2,3,4\n", Want(2), "got 4 columns, want 2 features"},
        BadCase{"too few beside a label", "a,label\n1,x\n", Want(2),
                "got 2 columns of which one is the label, want 2"},
        BadCase{"none, with a label", "1,2,3\n", Want(2, "none"), "got 3 columns, want 2"},
        BadCase{"only a label", "label\nx\n", Want(0), "the only column is the label"},
        BadCase{"unknown name", "a,b\n1,2\n", Want(1, "kind"),
                "label column 'kind': not among the 2 columns of the header, the last being 'b'"},
        BadCase{"name, no header", "1,2\n", Want(1, "kind"), "there is no header line"},
        BadCase{"open quote", "1,2\n\"3,4\n5,6\n", Want(2),
                "line 2: a quote is opened and never closed"},
        BadCase{"text after a quote", "1,\"2\"x\n", Want(2),
                "line 1: got 'x' after a closing quote"},
        BadCase{"binary", std::string("1,2\n\0\x01,2\n", 9), Want(2), "got '\\x00\\x01', want"},
        BadCase{"line after a line end in quotes", "\"a\nb\",c\n1,x\n", Want(2),
                "row 0 (line 3)"}));

TEST(ParseCsvTest, CutsAHostileFieldInItsMessage) {
  const std::string text = "1,2\n1," + std::string(1'000'000, 'x') + "\n";
  const auto rows = ParseCsv(text, Want(2));
  EXPECT_THAT(rows, StatusIs(kInvalid, HasSubstr("xxx...")));
  EXPECT_LT(rows.status().message().size(), 200u);
}

TEST(ParseLabelsTest, TakesTheOnlyColumnOrTheOneCalledLabel) {
  EXPECT_THAT(*ParseLabels("3\n4\n"), ElementsAre("3", "4"));
  EXPECT_THAT(*ParseLabels("label\nsetosa\n\"a,b\"\n"), ElementsAre("setosa", "a,b"));
  EXPECT_THAT(*ParseLabels("id,label\n0,x\n1,y\n"), ElementsAre("x", "y"));
  EXPECT_THAT(*ParseLabels(""), ElementsAre());
}

TEST(ParseLabelsTest, RefusesOtherShapes) {
  EXPECT_THAT(ParseLabels("1,2\n"), StatusIs(kInvalid, HasSubstr("line 1: got 2 columns, want 1")));
  EXPECT_THAT(ParseLabels("id,label\n0,x\n1\n"),
              StatusIs(kInvalid, HasSubstr("line 3: got 1 columns, want 2")));
  EXPECT_THAT(ParseLabels("\"x\n"), StatusIs(kInvalid, HasSubstr("never closed")));
}

}  // namespace
}  // namespace hillock::client
