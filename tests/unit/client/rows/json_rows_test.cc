// SPDX-License-Identifier: Apache-2.0
#include "client/rows/json_rows.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

struct GoodCase {
  std::string text;
  size_t want_width;
  size_t width;
  std::vector<float> values;
};

class GoodJsonTest : public ::testing::TestWithParam<GoodCase> {};

TEST_P(GoodJsonTest, GivesRows) {
  const GoodCase& c = GetParam();
  const auto rows = ParseJson(c.text, {c.want_width, {}});
  ASSERT_THAT(rows, IsOk()) << c.text;
  EXPECT_EQ(rows->width, c.width) << c.text;
  EXPECT_EQ(rows->values, c.values) << c.text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GoodJsonTest,
    ::testing::Values(
        GoodCase{"[[1, 2], [3, 4]]", 2, 2, {1, 2, 3, 4}},
        GoodCase{"[[1.5e0, -2]]", 0, 2, {1.5, -2}}, GoodCase{"[1, 2, 3]", 3, 3, {1, 2, 3}},
        GoodCase{"[1, 2, 3]", 0, 3, {1, 2, 3}}, GoodCase{"[1, 2, 3]", 1, 1, {1, 2, 3}},
        GoodCase{"[]", 2, 0, {}},
        GoodCase{R"({"inputs": [{"shape": [2, 2], "data": [1, 2, 3, 4]}]})", 2, 2, {1, 2, 3, 4}},
        GoodCase{
            R"({"inputs": [{"shape": [2, 2], "data": [[1, 2], [3, 4]]}]})", 0, 2, {1, 2, 3, 4}},
        GoodCase{R"({"inputs": [{"shape": [2], "data": [1, 2]}]})", 2, 2, {1, 2}},
        GoodCase{R"({"id": "a", "inputs": [{"name": "x", "datatype": "FP32", "data": [[1, 2]]}]})",
                 2,
                 2,
                 {1, 2}}));

struct BadCase {
  std::string text;
  size_t want_width;
  const char* message;
};

class BadJsonTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadJsonTest, SaysWhere) {
  const BadCase& c = GetParam();
  EXPECT_THAT(ParseJson(c.text, {c.want_width, {}}), StatusIs(kInvalid, HasSubstr(c.message)))
      << c.text;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadJsonTest,
    ::testing::Values(
        BadCase{"", 2, "parse error at line 1, column 1"},
        BadCase{"[[1, 2],\n[3,]]", 2, "parse error at line 2, column 4"},
        BadCase{"[[1, 2]", 2, "parse error"}, BadCase{"[1e999]", 1, "number overflow"},
        BadCase{"7", 2, "got '7', want an array of rows or a request"},
        BadCase{"[[1, 2], [3]]", 2, "row 1: got 1 numbers, want 2"},
        BadCase{"[[1, 2], [3]]", 0, "row 1: got 1 numbers, want 2"},
        BadCase{"[[1, 2, 3]]", 2, "row 0: got 3 numbers, want 2"},
        BadCase{"[[]]", 0, "row 0: got 0 numbers, want at least 1"},
        BadCase{"[1, 2, 3]", 2, "row 0: got 3 numbers, want 2"},
        BadCase{"[[1, \"2\"]]", 2, "row 0, column 1: got '\"2\"', want a number"},
        BadCase{"[[1, null]]", 2, "row 0, column 1: got 'null', want a number"},
        BadCase{"[[1, true]]", 2, "row 0, column 1: got 'true', want a number"},
        BadCase{"[[1, [2]]]", 2, "row 0, column 1: got an array of 1, want a number"},
        BadCase{"[[1, 1e39]]", 2, "row 0, column 1: got '1e+39', want a number that FP32"},
        BadCase{"[[1, 2], 3]", 2, "row 1: got '3', want an array of numbers"},
        BadCase{"[1, [2]]", 2, "row 0, column 1: got an array of 1, want a number"},
        BadCase{"[{\"a\": 1}]", 1, "got an object with 1 members, want a number"},
        BadCase{"{}", 2, "got an object with 0 members, want an \"inputs\" array of one object"},
        BadCase{R"({"inputs": []})", 2, "got an array of 0, want an \"inputs\""},
        BadCase{R"({"inputs": [{}, {}]})", 2, "got an array of 2, want an \"inputs\""},
        BadCase{R"({"inputs": [{"data": 1}]})", 2, "inputs[0]: want a \"data\" array"},
        BadCase{R"({"inputs": [{"shape": [1, 3], "data": [1, 2, 3]}]})", 2,
                "inputs[0].shape: got 3 numbers a row, want 2"},
        BadCase{R"({"inputs": [{"shape": [2, 2], "data": [1, 2, 3]}]})", 2,
                "inputs[0].data: got 3 numbers, want 2 x 2"},
        BadCase{R"({"inputs": [{"shape": [3, 2], "data": [[1, 2]]}]})", 2,
                "inputs[0].data: got 1 rows, want 3"},
        BadCase{R"({"inputs": [{"shape": [4294967295, 4294967295], "data": [1]}]})", 0,
                "inputs[0].data: got 1 numbers, want 4294967295 x 4294967295"},
        BadCase{R"({"inputs": [{"shape": [-1, 2], "data": [1, 2]}]})", 2, "inputs[0].shape: got"},
        BadCase{R"({"inputs": [{"shape": [0, 2], "data": []}]})", 2, "inputs[0].shape: got"},
        BadCase{R"({"inputs": [{"shape": [1, 1, 2], "data": [1, 2]}]})", 2, "inputs[0].shape: got"},
        BadCase{R"({"inputs": [{"shape": "12", "data": [1, 2]}]})", 2, "inputs[0].shape: got"},
        BadCase{R"({"inputs": [{"shape": [1.5, 2], "data": [1]}]})", 2, "inputs[0].shape: got"}));

TEST(ParseJsonTest, SurvivesDeepNesting) {
  EXPECT_THAT(ParseJson(std::string(100'000, '['), {2, {}}),
              StatusIs(kInvalid, HasSubstr("parse error")));
  const std::string closed = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_THAT(ParseJson(closed, {1, {}}),
              StatusIs(kInvalid, HasSubstr("column 0: got an array of 1")));
}

TEST(ParseJsonTest, EscapesBytesInItsMessage) {
  EXPECT_THAT(ParseJson("[\x01]", {1, {}}), StatusIs(kInvalid, HasSubstr("parse error")));
  EXPECT_THAT(ParseJson("[\"\xff\"]", {1, {}}), StatusIs(kInvalid, HasSubstr("parse error")));
}

}  // namespace
}  // namespace hillock::client
