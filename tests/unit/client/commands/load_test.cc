// SPDX-License-Identifier: Apache-2.0

// `hillock load`, from its arguments to what it prints.

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/api/tensor.h"
#include "client/rows/file.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/client/commands/command_fixture.h"

namespace hillock::client {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class LoadTest : public CommandTest {
 protected:
  // A short load, one request at a time.
  Outcome Load(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"load"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const bool sweeps = std::ranges::find(more, "--outstanding") != more.end();
    if (!sweeps) arguments.insert(arguments.end(), {"--outstanding", "1"});
    arguments.insert(arguments.end(), {"--connections", "1", "--warm-up", "0.01", "--duration",
                                       "0.02", "--timeout", "5"});
    return Call(arguments);
  }
};

TEST_F(LoadTest, CountsWhatTheServerAnswered) {
  const Outcome outcome = Load({"sum", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  const auto run = nlohmann::json::parse(outcome.out)["runs"][0];
  EXPECT_GT(run["requests"], 0);
  EXPECT_EQ(run["codes"]["OK"]["requests"], run["requests"]);
  EXPECT_GT(server_.requests().size(), run["requests"].get<size_t>()) << "the warm-up's as well";
}

TEST_F(LoadTest, SendsTheRowsOfAFile) {
  ASSERT_THAT(Load({"sum", "--input", File("rows.csv", kLabelled), "--rows", "2"}).status, IsOk());
  ASSERT_GE(server_.requests().size(), 2u);
  EXPECT_EQ(server_.requests()[0].raw_input_contents(0), EncodeFloats({{0.9f, 0.1f, 0.2f, 0.8f}}));
  EXPECT_EQ(server_.requests()[1].raw_input_contents(0), EncodeFloats({{0.4f, 0.6f, 0.9f, 0.1f}}));
}

TEST_F(LoadTest, Sweeps) {
  const Outcome outcome = Load({"sum", "--outstanding", "1,1"});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_THAT(outcome.out, MatchesRegex("sum: 1 row a request, 1 connection, 1 thread, 0.02 s "
                                        "after 0.01 s of warm-up\n\noutstanding  code .*\n"
                                        "          1  OK .*\n          1  OK .*\n"));
}

TEST_F(LoadTest, WipesItsProgressAndShowsNoneWithJson) {
  EXPECT_TRUE(Load({"sum"}).progress.ends_with("\r\x1b[K"));
  EXPECT_EQ(Load({"sum", "--json"}).progress, "");
}

TEST_F(LoadTest, SaysWhatIsWrong) {
  EXPECT_THAT(Load({"nope"}).status, StatusIs(absl::StatusCode::kNotFound,
                                              HasSubstr("model 'nope' is not in the repository")));
  EXPECT_THAT(
      Load({"sum", "--input", File("rows.csv", "1,2,3,4\n")}).status,
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got 4 columns, want 2 features")));
  EXPECT_THAT(
      Load({"sum", "--rows", "200000000"}).status,
      StatusIs(
          absl::StatusCode::kInvalidArgument,
          HasSubstr("--rows 200000000: got 400000000 floats a request, want at most 268435456")));
  EXPECT_THAT(Load({"sum", "--metrics", "127.0.0.1:1"}).status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("http://127.0.0.1:1/metrics")));
  server_.set_tamper(
      [](auto&) { return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue full"); });
  const Outcome refused = Load({"sum"});
  EXPECT_THAT(refused.status,
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no request succeeded")));
  EXPECT_THAT(refused.out, HasSubstr("RESOURCE_EXHAUSTED: queue full\n"));
}

TEST_F(LoadTest, RefusesWhatMakesNoSense) {
  const std::vector<std::string> cases[] = {{},
                                            {"--outstanding", "0"},
                                            {"--outstanding", "1,,4"},
                                            {"--outstanding", "1,4", "--rate", "10"},
                                            {"--rate", "0"},
                                            {"--rate", "-5"},
                                            {"--rate", "nan"},
                                            {"--arrivals", "poisson"},
                                            {"--rate", "1:10"},
                                            {"--rate", "1,2", "--ramp-from", "3"},
                                            {"--ramp-from", "3"},
                                            {"--max-p99", "5"},
                                            {"--max-p99", "5", "--rate", "10"},
                                            {"--trace", "x", "--rate", "5"},
                                            {"--stable", "5", "--requests", "9"},
                                            {"--stable", "0"},
                                            {"--weights", "1,2"},
                                            {"--weights", "x"},
                                            {"--requests", "0"},
                                            {"--compare", "a.json", "b.json"},
                                            {"--rate", "5", "--arrivals", "weekly"},
                                            {"--connections", "0"},
                                            {"--burst", "0"},
                                            {"--threads", "0"},
                                            {"--threads", "5"},
                                            {"--rows", "0"},
                                            {"--deadline", "0"},
                                            {"--duration", "0"},
                                            {"--duration", "nan"},
                                            {"--warm-up", "-1"},
                                            {"--seed", "-1"},
                                            {"--metrics", "unix:"}};
  for (std::vector<std::string> arguments : cases) {
    if (!arguments.empty()) arguments.insert(arguments.begin(), "sum");
    arguments.insert(arguments.begin(), "load");
    EXPECT_TRUE(Run(arguments).usage_error) << ::testing::PrintToString(arguments);
  }
}

TEST_F(LoadTest, EndsAfterSoManyRequests) {
  const Outcome outcome = Call({"load", "sum", "--requests", "7", "--outstanding", "1", "--warm-up",
                                "0", "--connections", "1", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["runs"][0]["codes"]["OK"]["requests"], 7);
  EXPECT_EQ(server_.requests().size(), 7u);
}

TEST_F(LoadTest, SendsATrace) {
  const std::string trace = File("trace.txt", "5\n5.001\n5.002\n");
  const Outcome outcome = Call({"load", "sum", "--trace", trace, "--outstanding", "1", "--warm-up",
                                "0", "--connections", "1", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["arrivals"], "trace");
  EXPECT_EQ(json["runs"][0]["requests"].get<int>() + json["runs"][0]["never_sent"].get<int>(), 3);
}

TEST_F(LoadTest, RunsOneRateAfterTheOther) {
  const Outcome outcome = Load({"sum", "--rate", "100,200", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  const auto runs = nlohmann::json::parse(outcome.out)["runs"];
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["rate"], 100);
  EXPECT_EQ(runs[1]["rate"], 200);
}

TEST_F(LoadTest, SearchesARange) {
  const Outcome outcome = Load({"sum", "--rate", "50:100", "--max-p99", "80000000", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_TRUE(json.contains("search"));
  EXPECT_EQ(json["runs"][0]["rate"], 50);
}

TEST_F(LoadTest, RepeatsUntilItIsStable) {
  const Outcome outcome =
      Load({"sum", "--stable", "0.1", "--max-windows", "4", "--outstanding", "1", "--json"});
  ASSERT_THAT(outcome.status, IsOk());
  const auto run = nlohmann::json::parse(outcome.out)["runs"][0];
  EXPECT_GE(run["windows"], 3);
  EXPECT_LE(run["windows"], 4);
  EXPECT_DOUBLE_EQ(run["seconds"], 0.06) << "the last three";
}

TEST_F(LoadTest, WritesAPageAndCsv) {
  const std::string page = File("load.html", "");
  const std::string csv = File("load.csv", "");
  ASSERT_THAT(Load({"sum", "--html", page, "--csv", csv}).status, IsOk());
  EXPECT_THAT(ReadWhole(page).value(), HasSubstr("<h1>Load of sum</h1>"));
  EXPECT_THAT(ReadWhole(csv).value(), HasSubstr("\n\"sum\",1,,0.02,"));
}

TEST_F(LoadTest, RefusesFilesThatCannotBeWrittenBeforeItLoads) {
  const Outcome outcome = Load({"sum", "--html", "/nowhere/load.html"});
  EXPECT_THAT(outcome.status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere/load.html")));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(LoadTest, AFullDiskIsAnError) {
  EXPECT_THAT(Load({"sum", "--html", "/dev/full"}).status,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("/dev/full")));
}

TEST_F(LoadTest, FindsAnswersThatChange) {
  int calls = 0;
  server_.set_tamper([&](inference::ModelInferResponse& answer) {
    if (++calls > 3) answer.mutable_raw_output_contents(0)->front() ^= 1;
    return grpc::Status::OK;
  });
  const Outcome outcome = Call({"load", "sum", "--input", "zero", "--check", "--requests", "5",
                                "--warm-up", "0", "--outstanding", "1", "--connections", "1"});
  EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kDataLoss,
                                       HasSubstr("3 of 5 answers are not the expected ones")));
  EXPECT_THAT(outcome.out, HasSubstr("DATA_LOSS: request 0 got other outputs than when it was"));
}

TEST_F(LoadTest, ComparesTwoReports) {
  const Outcome first = Load({"sum", "--json"});
  ASSERT_THAT(first.status, IsOk());
  const std::string before = File("before.json", first.out);
  const std::string page = File("changes.html", "");
  const Outcome outcome = Run({"load", "--compare", before, before, "--html", page});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_THAT(outcome.out, HasSubstr("before.json (sum)"));
  EXPECT_THAT(ReadWhole(page).value(), HasSubstr("requests/s"));
  EXPECT_THAT(Run({"load", "--compare", before, File("rows.csv", kLabelled)}).status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("rows.csv: got no JSON")));
  EXPECT_THAT(Run({"load", "--compare", before, "/nowhere.json"}).status,
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere.json")));
}

}  // namespace
}  // namespace hillock::client
