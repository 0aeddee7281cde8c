// SPDX-License-Identifier: Apache-2.0

// `hillock predict`, from its arguments to what it prints.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/unit/client/commands/command_fixture.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

class PredictTest : public CommandTest {
 protected:
  Outcome Predict(const std::string& model, const std::string& csv,
                  std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"predict", model, "--input", File("rows.csv", csv)});
    return Call(more);
  }
};

TEST_F(PredictTest, PrintsATableAndTheAccuracy) {
  const Outcome outcome = Predict("sign", kLabelled);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.out,
            "row  label   prob  top 2                       expected\n"
            "  0  left   90.0%  left   90.0%  right  10.0%  left ok\n"
            "  1  right  80.0%  right  80.0%  left   20.0%  right ok\n"
            "  2  right  60.0%  right  60.0%  left   40.0%  left wrong\n"
            "\n"
            "held-out accuracy: 0.6667 (n=3)\n");
}

TEST_F(PredictTest, QuietPrintsOnlyTheAccuracy) {
  EXPECT_EQ(Predict("sign", kLabelled, {"--quiet"}).out, "held-out accuracy: 0.6667 (n=3)\n");
  EXPECT_EQ(Predict("sign", "1,2\n", {"--quiet"}).out, "");
}

TEST_F(PredictTest, TakesAPartOfTheRows) {
  const Outcome outcome = Predict("sign", kLabelled, {"--offset", "1", "--limit", "1"});
  EXPECT_THAT(outcome.out, HasSubstr("  1  right"));
  EXPECT_THAT(outcome.out, HasSubstr("held-out accuracy: 1.0000 (n=1)"));
}

TEST_F(PredictTest, SendsTheVersionAndTheBatchesAskedFor) {
  ASSERT_THAT(Predict("sign", kLabelled, {"--version", "3", "--batch", "2"}).status, IsOk());
  ASSERT_EQ(server_.requests().size(), 2u);
  EXPECT_EQ(server_.requests()[0].model_version(), "3");
}

TEST_F(PredictTest, TakesLabelsFromAFile) {
  const std::string labels = File("labels.csv", "label\nright\n");
  EXPECT_EQ(Predict("sign", "1,2\n", {"--labels", labels, "--quiet"}).out,
            "held-out accuracy: 1.0000 (n=1)\n");
}

TEST_F(PredictTest, PrintsTheOutputsOfAModelWithoutLabels) {
  EXPECT_EQ(Predict("sum", "1,2\n3,4.5\n").out, "row    y\n  0    3\n  1  7.5\n");
  EXPECT_THAT(Predict("sum", "0,1,1\n0,0,0\n").out, HasSubstr("held-out accuracy: 1.0000 (n=2)"));
}

TEST_F(PredictTest, PrintsEveryOutput) {
  EXPECT_EQ(Predict("both", "a,b,label\n0.9,0.1,left\n").out,
            "output y\n"
            "row  y\n"
            "  0  1\n"
            "\n"
            "output p\n"
            "row  label   prob  top 2                       expected\n"
            "  0  left   90.0%  left   90.0%  right  10.0%  left ok\n"
            "\n"
            "held-out accuracy: 1.0000 (n=1)\n");
  const auto json = nlohmann::json::parse(Predict("both", kLabelled, {"--json", "--quiet"}).out);
  EXPECT_EQ(json["outputs"][1].dump(), R"({"accuracy":0.6666666666666666,"n":3,"output":"p"})");
}

TEST_F(PredictTest, DrawsRows) {
  const Outcome outcome = Predict("sign", kLabelled, {"--draw", "1x2", "--limit", "1"});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_THAT(outcome.out, HasSubstr("@@      row 0\n"));
  EXPECT_THAT(outcome.out, HasSubstr("left  ######"));
  EXPECT_THAT(outcome.out, HasSubstr("\n\nheld-out accuracy: 1.0000 (n=1)\n"));
}

TEST_F(PredictTest, SpeaksJson) {
  const auto json = nlohmann::json::parse(Predict("sign", kLabelled, {"--json"}).out);
  EXPECT_EQ(json["version"], "3");
  EXPECT_EQ(json["rows"].size(), 3u);
  EXPECT_EQ(json["rows"][2]["expected"], "left");
  EXPECT_EQ(json["n"], 3);
  const auto quiet = nlohmann::json::parse(Predict("sign", kLabelled, {"--json", "--quiet"}).out);
  EXPECT_FALSE(quiet.contains("rows"));
}

TEST_F(PredictTest, SaysWhatIsWrong) {
  EXPECT_THAT(
      Predict("nope", "1,2\n").status,
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("model 'nope' is not in the repository")));
  EXPECT_THAT(
      Predict("sign", "1,2,3,4\n").status,
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got 4 columns, want 2 features")));
  EXPECT_THAT(Predict("sign", "1,2\n", {"--draw", "8x8"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got 64 pixels, want 2")));
  EXPECT_THAT(Predict("sign", "1,2\n", {"--offset", "1"}).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("there are only 1 rows")));
  EXPECT_THAT(Call({"predict", "sign", "--input", "/nowhere"}).status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere")));
}

}  // namespace
}  // namespace hillock::client
