// SPDX-License-Identifier: Apache-2.0
#include "client/report/prediction_report.h"

#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <vector>

#include "client/text/table.h"

namespace hillock::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Look kPlain{Ink::kPlain, Charset::kUtf8};

Predictions Digits() {
  Predictions p{"digits", "1", "probabilities", true, false, true, {"0", "1", "2"}, {}};
  p.rows.push_back({0, "1", {}, {.05f, .9f, .05f}, "1"});
  p.rows.push_back({12, "0", {}, {.5f, .1f, .4f}, "2"});
  return p;
}

Predictions Regression(size_t width) {
  Predictions p{"price", "3", "y", false, false, false, {"0", "1"}, {}};
  p.rows.push_back({0, "0", {}, std::vector<float>(width, 1.5f), {}});
  return p;
}

Predictions Tags() {
  Predictions p{"tags", "1", "p", true, true, false, {"0", "1", "2"}, {}};
  p.rows.push_back({0, "0 2", {1, 0, 1}, {.75f, .25f, .5f}, "0 2"});
  p.rows.push_back({1, "none", {0, 0, 0}, {.125f, .25f, 0}, "1"});
  return p;
}

TEST(PredictionTableTest, ShowsClassesAndMarks) {
  EXPECT_EQ(PredictionTable(Digits(), 2, kPlain),
            "row  label   prob  top 2                   expected\n"
            "  0  1      90.0%  1      90.0%  0   5.0%  1 \u2713\n"
            " 12  0      50.0%  0      50.0%  2  40.0%  2 \u2717\n");
}

TEST(PredictionTableTest, MarksInAsciiWhereThereIsNoMore) {
  EXPECT_EQ(PredictionTable(Digits(), 0, {Ink::kPlain, Charset::kAscii}),
            "row  label   prob  expected\n"
            "  0  1      90.0%  1 ok\n"
            " 12  0      50.0%  2 wrong\n");
}

TEST(PredictionPictureTest, IsOfAsciiWhereThereIsNoMore) {
  const Predictions p = Digits();
  const std::vector<float> pixels{0, 1, 1, 0};
  const Look look{Ink::kTrueColor, Charset::kAscii};
  const std::string text = PredictionPicture(p, p.rows[0], pixels, {2, 2}, 2, look);
  EXPECT_THAT(text, ::testing::Each(::testing::Gt('\0'))) << text;
  EXPECT_THAT(text, HasSubstr("###"));
}

TEST(PredictionTableTest, LeavesOutWhatIsNotKnown) {
  Predictions p = Digits();
  for (auto& row : p.rows) row.expected.reset();
  EXPECT_EQ(PredictionTable(p, 0, kPlain),
            "row  label   prob\n"
            "  0  1      90.0%\n"
            " 12  0      50.0%\n");
}

TEST(PredictionTableTest, PrintsScoresThatAreNoProbabilitiesAsNumbers) {
  Predictions p = Digits();
  p.probabilities = false;
  p.rows[0].outputs = {-3, 7.25f, 0};
  const std::string text = PredictionTable(p, 1, kPlain);
  EXPECT_THAT(text, HasSubstr("score"));
  EXPECT_THAT(text, HasSubstr("7.25"));
  EXPECT_THAT(text, Not(HasSubstr("%")));
}

TEST(PredictionTableTest, ShowsOutputsWithoutClasses) {
  EXPECT_EQ(PredictionTable(Regression(1), 3, kPlain), "row    y\n  0  1.5\n");
  EXPECT_EQ(PredictionTable(Regression(2), 3, kPlain), "row  y[0]  y[1]\n  0   1.5   1.5\n");
  const std::string wide = PredictionTable(Regression(100), 3, kPlain);
  EXPECT_THAT(wide, HasSubstr("y[7]  +92\n"));
  EXPECT_THAT(wide, HasSubstr("1.5  ...\n"));
}

TEST(PredictionTableTest, ShowsTheLabelsOfAMultilabelModelBesideItsOutputs) {
  EXPECT_EQ(PredictionTable(Tags(), 3, kPlain),
            "row  label   p[0]  p[1]  p[2]  expected\n"
            "  0  0 2     0.75  0.25   0.5  0 2 \u2713\n"
            "  1  none   0.125  0.25     0  1 \u2717\n");
}

TEST(PredictionTableTest, DisarmsLabelsFromTheServer) {
  Predictions p = Digits();
  p.rows[0].label = "\x1b[2Jgone";
  EXPECT_THAT(PredictionTable(p, 1, kPlain), HasSubstr("\\x1b[2Jgone"));
  EXPECT_THAT(PredictionTable(p, 1, kPlain), Not(HasSubstr("\x1b")));
}

TEST(PredictionPictureTest, PutsBarsBesideThePicture) {
  const Predictions p = Digits();
  const std::vector<float> pixels{0, 1, 1, 0};
  EXPECT_EQ(PredictionPicture(p, p.rows[0], pixels, {2, 2}, 2, kPlain),
            "  @@    row 0\n"
            "@@      predicted  1  90.0%\n"
            "        expected   1 \u2713\n"
            "\n"
            "        1  ######################     90.0%\n"
            "        0  #                           5.0%\n");
}

TEST(PredictionPictureTest, ALargePictureFitsInEightyColumns) {
  Predictions p = Digits();
  p.class_names = {"T-shirt/top", "Ankle boot", "Trouser"};
  p.rows[0].label = "Ankle boot";
  p.rows[0].expected = "Ankle boot";
  const std::vector<float> pixels(28 * 28, 1);
  for (const Ink ink : {Ink::kPlain, Ink::kTrueColor}) {
    std::istringstream text(
        PredictionPicture(p, p.rows[0], pixels, {28, 28}, 3, {ink, Charset::kUtf8}));
    size_t lines = 0;
    for (std::string line; std::getline(text, line); ++lines) {
      EXPECT_LE(DisplayWidth(line), 80u) << line;
    }
    EXPECT_EQ(lines, 14u);
  }
}

TEST(PredictionPictureTest, GivesNoScoreToSeveralLabels) {
  const Predictions p = Tags();
  const std::vector<float> pixels{0, 1};
  EXPECT_THAT(PredictionPicture(p, p.rows[0], pixels, {1, 2}, 3, kPlain),
              HasSubstr("predicted  0 2\n"));
}

TEST(PredictionPictureTest, DrawsNoBarsForPlainNumbers) {
  const Predictions p = Regression(2);
  const std::vector<float> pixels{0, 1};
  const std::string text = PredictionPicture(p, p.rows[0], pixels, {1, 2}, 3, kPlain);
  EXPECT_THAT(text, HasSubstr("0     1.5\n"));
  EXPECT_THAT(text, Not(HasSubstr("%")));
}

TEST(PredictionJsonTest, HoldsEverythingKnown) {
  const auto json = PredictionJson({Digits()});
  EXPECT_EQ(json["model"], "digits");
  EXPECT_EQ(json["version"], "1");
  EXPECT_EQ(json["rows"][1]["row"], 12);
  EXPECT_EQ(json["rows"][1]["label"], "0");
  EXPECT_EQ(json["rows"][1]["expected"], "2");
  EXPECT_EQ(json["rows"][0]["probabilities"].get<std::vector<float>>(), Digits().rows[0].outputs);
  EXPECT_EQ(json["accuracy"], 0.5);
  EXPECT_EQ(json["n"], 2);
}

TEST(PredictionJsonTest, ListsTheLabelsOfAMultilabelModel) {
  const auto json = PredictionJson({Tags()});
  EXPECT_EQ(json["rows"][0].dump(),
            R"({"row":0,"label":[1,0,1],"probabilities":[0.75,0.25,0.5],"expected":"0 2"})");
  EXPECT_EQ(json["accuracy"], 0.5);
}

TEST(PredictionJsonTest, LeavesOutWhatIsNotKnown) {
  const auto json = PredictionJson({Regression(2)});
  EXPECT_EQ(json["rows"][0].dump(), R"({"row":0,"outputs":[1.5,1.5]})");
  EXPECT_FALSE(json.contains("accuracy"));
}

TEST(PredictionJsonTest, ListsSeveralOutputs) {
  const auto json = PredictionJson({Digits(), Regression(1)});
  EXPECT_EQ(json["model"], "digits");
  EXPECT_FALSE(json.contains("rows"));
  ASSERT_EQ(json["outputs"].size(), 2u);
  EXPECT_EQ(json["outputs"][0]["output"], "probabilities");
  EXPECT_EQ(json["outputs"][0]["rows"].size(), 2u);
  EXPECT_EQ(json["outputs"][0]["accuracy"], 0.5);
  EXPECT_EQ(json["outputs"][1].dump(), R"({"output":"y","rows":[{"row":0,"outputs":[1.5]}]})");
}

}  // namespace
}  // namespace hillock::client
