// SPDX-License-Identifier: Apache-2.0

// `hillock load` against a running server. How fast it was is nobody's business here.

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/integration/support/subprocess.h"
#include "tests/support/temporary_folder.h"

namespace hillock::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CliLoadTest : public ::testing::Test {
 protected:
  // A short load, without a warm-up.
  End Load(const std::vector<std::string>& more) {
    std::vector<std::string> words = {HILLOCK_CLIENT_BINARY, "load", "--server", server_.address()};
    words.insert(words.end(), {"--duration", "0.2", "--warm-up", "0"});
    words.insert(words.end(), more.begin(), more.end());
    return RunToEnd(words);
  }

  // The runs of a load that is expected to end well.
  json Runs(std::vector<std::string> more) {
    more.push_back("--json");
    const End end = Load(more);
    EXPECT_EQ(end.code, 0) << end.errors;
    EXPECT_THAT(end.errors, IsEmpty());
    return json::parse(end.output).at("runs");
  }

  double CountServed(const std::string& name) const { return MetricsPage(server_).Sum(name); }

  const SomeModels models_{"iris", "fashion-mnist"};
  ServerProcess server_{models_.path()};
};

TEST_F(CliLoadTest, CountsWhatTheServerCounts) {
  const json runs = Runs({"iris", "--rows", "3"});
  ASSERT_EQ(runs.size(), 1u);
  const double requests = runs[0].at("requests").get<double>();
  EXPECT_GT(requests, 0);
  EXPECT_EQ(runs[0].at("codes").at("OK").at("requests"), requests);
  EXPECT_EQ(CountServed("hillock_requests_total"), requests);
  EXPECT_EQ(CountServed("hillock_rows_total"), 3 * requests);
}

TEST_F(CliLoadTest, SweepsOverThreadsAndConnections) {
  const json runs = Runs({"iris", "--outstanding", "1,5", "--connections", "3", "--threads", "2"});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].at("outstanding"), 1);
  EXPECT_EQ(runs[1].at("outstanding"), 5);
  EXPECT_EQ(CountServed("hillock_requests_total"),
            runs[0].at("requests").get<double>() + runs[1].at("requests").get<double>());
}

TEST_F(CliLoadTest, AnOpenLoopSendsWhatWasIntended) {
  const json runs = Runs({"iris", "--rate", "500", "--outstanding", "2"});
  const double requests = runs[0].at("requests").get<double>();
  EXPECT_EQ(requests + runs[0].at("never_sent").get<double>(), 100);
  EXPECT_EQ(CountServed("hillock_requests_total"), requests);
  EXPECT_TRUE(runs[0].contains("late_sends"));
}

TEST_F(CliLoadTest, PoissonArrivalsFollowTheSeed) {
  const auto intended = [&](const char* seed) {
    const json run = Runs({"iris", "--rate", "500", "--arrivals", "poisson", "--seed", seed})[0];
    return run.at("requests").get<int>() + run.at("never_sent").get<int>();
  };
  EXPECT_EQ(intended("5"), intended("5"));
}

TEST_F(CliLoadTest, StreamsSendTheSameRequests) {
  const json runs = Runs({"iris", "--stream", "--outstanding", "1,5", "--threads", "2"});
  ASSERT_EQ(runs.size(), 2u);
  double requests = 0;
  for (const json& run : runs) {
    EXPECT_GT(run.at("requests"), 0);
    EXPECT_EQ(run.at("codes").at("OK").at("requests"), run.at("requests"));
    requests += run.at("requests").get<double>();
  }
  EXPECT_EQ(CountServed("hillock_requests_total"), requests);
}

TEST_F(CliLoadTest, AStreamReportsErrorsInItsAnswers) {
  const End end = Load({"iris", "--stream", "--rows", "70000", "--outstanding", "1", "--json"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, HasSubstr("no request succeeded"));
}

TEST_F(CliLoadTest, AnswersAreThoseThatRequestsGetAlone) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>(), std::vector<std::string>{"--stream"}}) {
    std::vector<std::string> words = {"iris", "--check", "--rows", "3"};
    words.insert(words.end(), more.begin(), more.end());
    const json run = Runs(words)[0];
    EXPECT_EQ(run.at("codes").at("OK").at("requests"), run.at("requests"));
  }
}

TEST_F(CliLoadTest, MixesModelsByWeight) {
  const json run = Runs({"iris", "fashion-mnist", "--weights", "3,1", "--requests", "400",
                         "--metrics", server_.http_address()})[0];
  EXPECT_EQ(run.at("codes").at("OK").at("requests"), 400);
  std::map<std::string, int> requests;
  for (const json& model : run.at("server").at("models")) {
    requests[model.at("model")] = model.at("requests").at("OK");
  }
  EXPECT_EQ(requests["iris"], 300);
  EXPECT_EQ(requests["fashion-mnist"], 100);
}

TEST_F(CliLoadTest, SearchesForTheHighestRate) {
  const End end = Load({"iris", "--rate", "50:100", "--max-p99", "10000", "--json"});
  EXPECT_EQ(end.code, 0) << end.errors;
  const json report = json::parse(end.output);
  EXPECT_EQ(report.at("search").at("found"), 100);
  EXPECT_EQ(report.at("runs").size(), 2u);
}

TEST_F(CliLoadTest, CountsMissedDeadlines) {
  const End end = Load({"fashion-mnist", "--rows", "1200", "--deadline", "1", "--json"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, AllOf(HasSubstr("no request succeeded"), HasSubstr("DEADLINE_EXCEEDED")));
  const json run = json::parse(end.output).at("runs")[0];
  EXPECT_GT(run.at("codes").at("DEADLINE_EXCEEDED").at("requests"), 0);
  EXPECT_EQ(run.at("codes").at("DEADLINE_EXCEEDED").at("requests"), run.at("requests"));
}

TEST_F(CliLoadTest, TellsWhatTheServersMetricsSay) {
  const std::vector<std::string> words = {"iris", "--metrics", server_.http_address()};
  const json run = Runs(words)[0];
  const json& models = run.at("server").at("models");
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].at("requests").at("OK"), run.at("requests"));
  const json& activations = run.at("server").at("activations");
  ASSERT_EQ(activations.size(), 2u);
  for (const json& one : activations) {
    const double units = one.at("activation") == "tanh" ? 16 : 3;
    EXPECT_EQ(one.at("elements"), units * run.at("requests").get<double>());
  }
  const json again = Runs(words)[0];
  EXPECT_EQ(again.at("server").at("models")[0].at("requests").at("OK"), again.at("requests"))
      << "of the second run alone";
}

TEST_F(CliLoadTest, PrintsATable) {
  const End end = Load({"iris", "--metrics", server_.http_address()});
  EXPECT_EQ(end.code, 0) << end.errors;
  EXPECT_THAT(end.output,
              AllOf(HasSubstr("iris: 1 row a request, 4 connections, 1 thread, 0.2 s after 0 s"),
                    HasSubstr("outstanding  code"), HasSubstr("p99.99"), HasSubstr("softmax")));
  EXPECT_THAT(end.errors, IsEmpty()) << "there is no terminal to show progress on";
}

TEST_F(CliLoadTest, AnUnknownModelIsNotLoaded) {
  const End end = Load({"nobody"});
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.output, IsEmpty());
  EXPECT_THAT(end.errors, AllOf(HasSubstr("NOT_FOUND"), HasSubstr("unknown model: 'nobody'")));
}

TEST_F(CliLoadTest, AServerThatGoesAwayIsReported) {
  std::vector<std::string> words = {HILLOCK_CLIENT_BINARY, "load", "iris", "--server",
                                    server_.address()};
  words.insert(words.end(), {"--outstanding", "1", "--warm-up", "0", "--duration", "3", "--timeout",
                             "3", "--json"});
  Subprocess load(words);
  // Each connection sends one request after the other: the fifth is counted only when the client
  // has the answer to one of the first four.
  while (CountServed("hillock_requests_total") <= 4 && !HasFailure()) continue;
  server_.process().Signal(SIGKILL);
  EXPECT_EQ(load.Wait(), 1);
  EXPECT_THAT(load.errors(), HasSubstr("4 of 4 connections are lost at the end"));
  const json codes = json::parse(load.output()).at("runs")[0].at("codes");
  EXPECT_GT(codes.at("OK").at("requests"), 0);
  EXPECT_GT(codes.at("UNAVAILABLE").at("requests"), 0);
  EXPECT_THAT(codes.at("UNAVAILABLE").at("message").get<std::string>(),
              HasSubstr("connection lost: "));
}

TEST_F(CliLoadTest, AnInterruptedLoadReportsWhatItHas) {
  for (const char* burst : {"1", "32"}) {
    Subprocess load({HILLOCK_CLIENT_BINARY, "load", "iris", "--server", server_.address(),
                     "--warm-up", "0", "--duration", "3600", "--burst", burst, "--json"});
    const double before = CountServed("hillock_requests_total");
    while (CountServed("hillock_requests_total") == before && !HasFailure()) continue;
    load.Signal(SIGINT);
    EXPECT_EQ(load.Wait(), 1);
    EXPECT_THAT(load.errors(), HasSubstr("CANCELLED: interrupted after "));
    const json run = json::parse(load.output()).at("runs")[0];
    EXPECT_GT(run.at("codes").at("OK").at("requests"), 0);
    EXPECT_LT(run.at("interrupted_after_seconds"), 3600);
  }
}

// One bit of the answers is enough.
TEST_F(CliLoadTest, HoldsAnswersAgainstAFile) {
  const TemporaryFolder folder;
  folder.Write("rows.csv", "5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n");
  folder.Write("right.csv", "label\nsetosa\nvirginica\n");
  folder.Write("wrong.csv", "label\nsetosa\nversicolor\n");
  const std::vector<std::string> rows = {"iris", "--input", folder.Path("rows.csv"), "--expected"};
  std::vector<std::string> right = rows, wrong = rows;
  right.push_back(folder.Path("right.csv"));
  wrong.push_back(folder.Path("wrong.csv"));
  EXPECT_GT(Runs(right)[0].at("codes").at("OK").at("requests"), 0);
  const End end = Load(wrong);
  EXPECT_EQ(end.code, 1);
  EXPECT_THAT(end.errors, HasSubstr("wrong.csv: row 1, output 'label', column 0: got 'virginica', "
                                    "want 'versicolor'"));
}

TEST_F(CliLoadTest, CarriesMetadataWithEveryCall) {
  for (const char* burst : {"1", "32"}) {
    EXPECT_GT(Runs({"iris", "--metadata", "x-tenant=blue", "--metadata", "X-Zone: a", "--burst",
                    burst})[0]
                  .at("requests"),
              0);
  }
  EXPECT_EQ(Load({"iris", "--metadata", "grpc-timeout=1S"}).code, 2);
}

}  // namespace
}  // namespace hillock::testing
