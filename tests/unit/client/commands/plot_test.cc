// SPDX-License-Identifier: Apache-2.0

// `hillock plot`, from its arguments to what it prints.

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/status_matchers.h"
#include "tests/unit/client/commands/command_fixture.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

class PlotTest : public CommandTest {};

TEST_F(PlotTest, CountsColumnsThroughAllOutputs) {
  EXPECT_THAT(Call({"plot", "both", "--input", "0", "--output", "2"}).out,
              HasSubstr("both: p[1] over x[0], model both"));
  EXPECT_THAT(Call({"plot", "both", "--input", "0", "--output", "3"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("want --output 0 to 2: output 'y' has 1 columns, output 'p' has "
                                 "2 columns")));
}

TEST_F(PlotTest, SweepsOneColumnAndKeepsTheOthers) {
  const Outcome outcome =
      Call({"plot", "sum", "--input", "1", "--row", File("rows.csv", "7,8\n1,1\n"), "--from", "-1",
            "--to", "1", "--points", "3", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("input"), "x[1]");
  EXPECT_EQ(json.at("output"), "y");
  EXPECT_EQ(json.at("points").dump(),
            R"([{"slope":1.0,"x":-1.0,"y":6.0},{"slope":1.0,"x":0.0,"y":7.0},)"
            R"({"slope":1.0,"x":1.0,"y":8.0}])");
}

TEST_F(PlotTest, DrawsInTextAndAsSvg) {
  EXPECT_THAT(Call({"plot", "sum", "--input", "0"}).out, HasSubstr("sum: y over x[0], model sum"));
  const std::string path = File("sum.svg", "");
  const Outcome outcome = Call({"plot", "sum", "--input", "0", "--svg", path});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.out, "");
  std::stringstream svg;
  svg << std::ifstream(path).rdbuf();
  EXPECT_THAT(svg.str(), HasSubstr("</svg>\n"));
}

TEST_F(PlotTest, SaysWhichColumnsThereAre) {
  EXPECT_THAT(
      Call({"plot", "sum"}).status,
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("got no --input, want --input 0 to 1: model 'sum' has 2 input columns")));
  EXPECT_THAT(Call({"plot", "sum", "--input", "2"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("got --input 2, want --input 0 to 1")));
  EXPECT_THAT(
      Call({"plot", "sign", "--input", "0"}).status,
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("got no --output, want --output 0 to 1: output 'p' has 2 columns")));
  EXPECT_THAT(Call({"plot", "sum", "--input", "0", "--row", File("rows.csv", "1\n")}).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want 2")));
}

TEST_F(PlotTest, RefusesRangesThatAreNone) {
  const auto refuses = [&](const std::string& from, const std::string& to, const char* why) {
    EXPECT_THAT(Call({"plot", "sum", "--input", "0", "--from", from, "--to", to}).status,
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(why)))
        << from << " to " << to;
  };
  refuses("2", "1", "got --from 2 --to 1, want floats in ascending order");
  refuses("0", "inf", "want floats in ascending order");
  refuses("0", "1e39", "want floats in ascending order");
  refuses("1", "1.0000001", "want fewer: two of them are the same float");
  EXPECT_TRUE(Call({"plot", "sum", "--points", "2"}).usage_error);
}

TEST_F(PlotTest, OfAnActivationAsksItsModel) {
  EXPECT_THAT(Call({"plot", "tanh"}).status,
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("activation 'tanh' is drawn from the answers of model "
                                 "'curve-tanh', which the server must have")));
  EXPECT_THAT(Call({"plot", "softmax"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("activation 'softmax' maps a row, not a number")));
}

}  // namespace
}  // namespace hillock::client
