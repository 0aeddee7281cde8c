// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kReactors = 2;
constexpr Nanos kOrigin = 1'700'000'000'000'000'000;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::vector<std::string> NamesIn(const inference::ModelStatisticsResponse& response) {
  std::vector<std::string> names;
  for (const auto& model : response.model_stats()) {
    names.push_back(model.name() + " " + model.version());
  }
  return names;
}

class StatisticsTest : public ::testing::Test {
 protected:
  lifecycle::CatalogEntry Served(const std::string& name, int64_t version) {
    return {name, version,
            compiler_.Compile(name, version, MlpBuilder(1).Add(1, "relu").Share(), {})};
  }

  absl::Status List(const std::string& name, const std::string& version) {
    inference::ModelStatisticsRequest request;
    request.set_name(name);
    request.set_version(version);
    response_.Clear();
    return ListStatistics(catalog_, request, kOrigin, response_);
  }
  metrics::ModelCells& CellsOf(const std::string& name, const std::string& version,
                               size_t reactor) {
    return (*catalog_.Find(name, version))->cells(reactor);
  }

  // One reactor's share of what the tests look for: 3 requests answered, 2 not.
  static void Count(metrics::ModelCells& cells) {
    cells.requests[0].Add(3);
    cells.requests[3].Add(1);   // INVALID_ARGUMENT
    cells.requests[16].Add(1);  // the last code
    cells.nanos.queue.Add(100);
    cells.nanos.compute.Add(1000);
    cells.nanos.answer.Add(10);
    cells.nanos.failed.Add(7);
    cells.rows.Add(40);
    cells.batch_rows.Observe(32);
    cells.batch_rows.Observe(8);
  }

  metrics::Registry registry_{kReactors, {}};
  lifecycle::ModelCompiler compiler_{kReactors, registry_, Clock::Monotonic()};
  const lifecycle::Catalog catalog_{{Served("dog", 1),
                                     Served("cat", 10),
                                     Served("cat", 9),
                                     {"cat", 3, absl::DataLossError("bad checksum")},
                                     {"eel", 0, absl::DataLossError("has no version folder")}}};
  inference::ModelStatisticsResponse response_;
};

TEST_F(StatisticsTest, ListEveryVersionServed) {
  ASSERT_THAT(List("", ""), IsOk());
  EXPECT_THAT(NamesIn(response_), ElementsAre("cat 9", "cat 10", "dog 1"));
}

TEST_F(StatisticsTest, ListTheVersionsOfAModel) {
  ASSERT_THAT(List("cat", ""), IsOk());
  EXPECT_THAT(NamesIn(response_), ElementsAre("cat 9", "cat 10"));
}

TEST_F(StatisticsTest, ListOneVersion) {
  ASSERT_THAT(List("cat", "10"), IsOk());
  EXPECT_THAT(NamesIn(response_), ElementsAre("cat 10"));
}

TEST_F(StatisticsTest, AddUpReactors) {
  for (size_t reactor = 0; reactor < kReactors; ++reactor) Count(CellsOf("cat", "9", reactor));
  ASSERT_THAT(List("cat", "9"), IsOk());
  const auto& cat = response_.model_stats(0);
  EXPECT_EQ(cat.inference_count(), 80u);
  EXPECT_EQ(cat.execution_count(), 4u);
  EXPECT_EQ(cat.inference_stats().success().count(), 6u);
  EXPECT_EQ(cat.inference_stats().success().ns(), 2220u);
  EXPECT_EQ(cat.inference_stats().fail().count(), 4u);
  EXPECT_EQ(cat.inference_stats().fail().ns(), 14u);
}

TEST_F(StatisticsTest, DivideTheTimeOfSuccesses) {
  Count(CellsOf("cat", "9", 0));
  ASSERT_THAT(List("cat", "9"), IsOk());
  const auto& stages = response_.model_stats(0).inference_stats();
  EXPECT_EQ(stages.queue().ns(), 100u);
  EXPECT_EQ(stages.compute_input().ns(), 0u);
  EXPECT_EQ(stages.compute_infer().ns(), 1000u);
  EXPECT_EQ(stages.compute_output().ns(), 10u);
  EXPECT_EQ(stages.success().ns(), 1110u);
  for (const auto* stage : {&stages.success(), &stages.queue(), &stages.compute_input(),
                            &stages.compute_infer(), &stages.compute_output()}) {
    EXPECT_EQ(stage->count(), 3u);
  }
}

TEST_F(StatisticsTest, KeepVersionsApart) {
  Count(CellsOf("cat", "9", 0));
  ASSERT_THAT(List("cat", "10"), IsOk());
  EXPECT_EQ(response_.model_stats(0).inference_count(), 0u);
  EXPECT_EQ(response_.model_stats(0).inference_stats().success().count(), 0u);
}

TEST_F(StatisticsTest, TellTheTimeOfTheLastBatchOfAnyReactor) {
  CellsOf("dog", "1", 0).last_batch.Set(5'000'000);
  CellsOf("dog", "1", 1).last_batch.Set(2'999'999);
  ASSERT_THAT(List("dog", ""), IsOk());
  EXPECT_EQ(response_.model_stats(0).last_inference(), 1'700'000'000'005u);
}

TEST_F(StatisticsTest, TellNoTimeBeforeTheFirstBatch) {
  ASSERT_THAT(List("dog", ""), IsOk());
  EXPECT_EQ(response_.model_stats(0).last_inference(), 0u);
}

TEST_F(StatisticsTest, AreNoneOfAnEmptyRepository) {
  ASSERT_THAT(ListStatistics(lifecycle::Catalog({}), {}, kOrigin, response_), IsOk());
  EXPECT_THAT(NamesIn(response_), IsEmpty());
}

struct Refusal {
  const char* name;
  const char* version;
  const char* message;
};

class StatisticsRefusalTest : public StatisticsTest,
                              public ::testing::WithParamInterface<Refusal> {};

TEST_P(StatisticsRefusalTest, SaysWhy) {
  const auto& [name, version, message] = GetParam();
  EXPECT_THAT(List(name, version), StatusIs(kInvalid, message));
  EXPECT_THAT(NamesIn(response_), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Each, StatisticsRefusalTest,
    ::testing::Values(Refusal{"bee", "", "requested model 'bee' is not available"},
                      Refusal{"CAT", "", "requested model 'CAT' is not available"},
                      Refusal{"eel", "", "requested model 'eel' is not available"},
                      Refusal{"cat", "3", "requested model 'cat' version 3 is not available"},
                      Refusal{"cat", "1", "requested model 'cat' version 1 is not available"},
                      Refusal{"dog", "10", "requested model 'dog' version 10 is not available"},
                      Refusal{"cat", "0", "got model version '0', want a positive integer"},
                      Refusal{"cat", "nine", "got model version 'nine', want a positive integer"},
                      Refusal{"", "9", "got version 9 without the name of a model"}));

TEST_F(StatisticsTest, QuoteNoEndlessName) {
  EXPECT_THAT(
      List(std::string(1000, 'x'), ""),
      StatusIs(kInvalid, "requested model '" + std::string(128, 'x') + "' is not available"));
}

}  // namespace
}  // namespace hillock::rpc
