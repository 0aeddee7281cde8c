// SPDX-License-Identifier: Apache-2.0
#include "client/rows/named_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "client/rows/json_rows.h"
#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

RowsOptions TwoInputs() {
  RowsOptions options{.width = 3};
  options.inputs = {{"town", 1, ElementKind::kString, true}, {"x", 2, ElementKind::kNumber, true}};
  return options;
}

Rows Parsed(const std::string& text, const RowsOptions& options = TwoInputs()) {
  auto rows = ParseJson(text, options);
  EXPECT_THAT(rows, IsOk()) << text;
  return rows.ok() ? *std::move(rows) : Rows{};
}

TEST(NamedJson, IsARequestOfSeveralInputs) {
  const Rows rows = Parsed(R"({"inputs": [
      {"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [1, 2, 3, 4]},
      {"name": "town", "shape": [2], "datatype": "BYTES", "data": ["Ulm", "Bern"]}]})");
  EXPECT_THAT(rows.values, ElementsAre(0, 1, 2, 1, 3, 4));
  EXPECT_THAT(rows.words, ElementsAre("Ulm", "Bern"));
  EXPECT_THAT(rows.absent, ElementsAre(0, 0));
}

TEST(NamedJson, IsAnObjectForEachRow) {
  EXPECT_THAT(Parsed(R"([{"x": [1, 2], "town": "Ulm"}, {"town": "Ulm", "x": [3, 4]}])").values,
              ElementsAre(0, 1, 2, 0, 3, 4));
  RowsOptions one{.width = 1};
  one.inputs = {{"a", 1}};
  EXPECT_THAT(Parsed(R"([{"a": 1}, {"a": 2}])", one).values, ElementsAre(1, 2));
}

TEST(NamedJson, MayHaveOneRowForAll) {
  EXPECT_THAT(Parsed(R"({"inputs": [{"name": "x", "data": [[1, 2], [3, 4]]},
                                    {"name": "town", "data": ["Ulm"]}]})")
                  .values,
              ElementsAre(0, 1, 2, 0, 3, 4));
}

TEST(NamedJson, MayBeWithoutAnInput) {
  const Rows rows = Parsed(R"([{"x": [1, null]}])");
  EXPECT_THAT(rows.absent, ElementsAre(1, 0));
  EXPECT_TRUE(std::isnan(rows.values[2]));
}

TEST(NamedJson, RefusesWhatTheModelDoesNotHave) {
  const auto refused = [](const std::string& text, const std::string& message) {
    EXPECT_THAT(ParseJson(text, TwoInputs()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  };
  refused(R"([{"y": 1}])", "row 0: input 'y': is none of the model's, the first is 'town'");
  refused(R"([{"x": "1"}])", "row 0: input 'x': got '\"1\"', want a number");
  refused(R"([{"x": {}}])", "input 'x': got an object with 0 members, want a number");
  refused(R"([{"x": [1, 2, 3]}])", "input 'x': got 3 elements, want 2 a row");
  refused(R"([{"x": [1, 2]}, 3])", "row 1: got '3', want an object");
  refused(R"({"inputs": [{"name": "x", "data": [1, 2, 3, 4, 5, 6]},
                          {"name": "town", "data": ["a", "b"]}]})",
          "input 'town': got 2 rows, want 3");
  refused(R"({"inputs": [{"data": [1]}]})", "want an input with \"name\" and a \"data\" array");
  refused(R"({"rows": []})", "want an \"inputs\" array");
  refused(R"([{"x": )" + std::string(50, '[') + std::string(50, ']') + "}]",
          "input 'x': got an array");
}

}  // namespace
}  // namespace hillock::client
