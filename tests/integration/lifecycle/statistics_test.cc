// SPDX-License-Identifier: Apache-2.0

// What ModelStatistics says after known traffic.

#include <gmock/gmock.h>

#include <chrono>
#include <iterator>
#include <limits>
#include <ratio>
#include <string>
#include <vector>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/some_models.h"
#include "tests/integration/support/stream.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::HasSubstr;
using Code = absl::StatusCode;

constexpr size_t kRows[] = {1, 2, 7, 30};
constexpr size_t kRequests = std::size(kRows);
constexpr size_t kRowsTotal = 40;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

double HoursSinceEpoch() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::ratio<3600>>(now).count();
}

class StatisticsTest : public ::testing::Test {
 protected:
  absl::StatusOr<inference::ModelStatisticsResponse> Ask(const std::string& model,
                                                         const std::string& version = "") {
    inference::ModelStatisticsRequest request;
    request.set_name(model);
    request.set_version(version);
    return Call(server_, &inference::GRPCInferenceService::Stub::ModelStatistics, request);
  }
  inference::ModelStatistics Of(const std::string& model) {
    const auto response = Ask(model);
    EXPECT_THAT(response, IsOk());
    if (!response.ok() || response->model_stats_size() != 1) {
      ADD_FAILURE() << "no statistics of one version of " << model;
      return {};
    }
    return response->model_stats(0);
  }

  inference::ModelInferRequest Request(size_t rows) {
    const Example& iris = FindExample("iris");
    return MakeRequest("iris", iris.width, iris.Rows(0, rows));
  }
  void Succeed() {
    for (const size_t rows : kRows) EXPECT_THAT(Infer(server_, Request(rows)), IsOk());
  }
  void Fail() {
    EXPECT_THAT(Infer(server_, MakeRequest("iris", 2, std::vector<float>(2))),
                StatusIs(Code::kInvalidArgument, HasSubstr("shape")));
    EXPECT_THAT(Infer(server_, MakeRequest("iris", 4, std::vector<float>{1, 2, 3, kNan})),
                StatusIs(Code::kInvalidArgument, HasSubstr("row 0, column 3")));
  }

  const SomeModels models_{"iris", "digits-ncu"};
  ServerProcess server_{models_.path(), {"--reactors", "2"}};
};

TEST_F(StatisticsTest, CountRequestsRowsAndBatches) {
  Succeed();
  const auto iris = Of("iris");
  EXPECT_EQ(iris.name(), "iris");
  EXPECT_EQ(iris.version(), "1");
  EXPECT_EQ(iris.inference_count(), kRowsTotal);
  EXPECT_EQ(iris.execution_count(), kRequests) << "one at a time";
  EXPECT_EQ(iris.inference_stats().success().count(), kRequests);
  EXPECT_EQ(iris.inference_stats().fail().count(), 0u);
  EXPECT_EQ(iris.inference_stats().fail().ns(), 0u);
}

TEST_F(StatisticsTest, CountFailures) {
  Fail();
  const auto iris = Of("iris");
  EXPECT_EQ(iris.inference_stats().fail().count(), 2u);
  EXPECT_GT(iris.inference_stats().fail().ns(), 0u);
  EXPECT_EQ(iris.inference_stats().success().count(), 0u);
  EXPECT_EQ(iris.inference_stats().success().ns(), 0u);
  EXPECT_EQ(iris.inference_count(), 0u);
  EXPECT_EQ(iris.execution_count(), 0u);
  EXPECT_EQ(iris.last_inference(), 0u);
}

TEST_F(StatisticsTest, CountTheRequestsOfAStream) {
  InferStream stream(server_);
  for (const size_t rows : {1, 2}) {
    const auto request = Request(rows);
    ASSERT_TRUE(stream.Send(request));
    EXPECT_THAT(stream.ReceiveAnswerTo(request), IsOk());
  }
  const auto iris = Of("iris");
  EXPECT_EQ(iris.inference_stats().success().count(), 2u);
  EXPECT_EQ(iris.inference_count(), 3u);
}

// What perf_analyzer relies on.
TEST_F(StatisticsTest, DivideTheTimeOfSuccessesAmongTheirStages) {
  Succeed();
  Fail();
  const auto stages = Of("iris").inference_stats();
  for (const auto* stage : {&stages.queue(), &stages.compute_input(), &stages.compute_infer(),
                            &stages.compute_output()}) {
    EXPECT_EQ(stage->count(), kRequests);
  }
  EXPECT_GT(stages.compute_infer().ns(), 0u);
  EXPECT_EQ(stages.success().ns(), stages.queue().ns() + stages.compute_input().ns() +
                                       stages.compute_infer().ns() + stages.compute_output().ns());
}

TEST_F(StatisticsTest, TellTheTimeOfDayOfTheLastInference) {
  Succeed();
  const auto hours = static_cast<double>(Of("iris").last_inference()) / 3'600'000;
  EXPECT_NEAR(hours, HoursSinceEpoch(), 1);
}

TEST_F(StatisticsTest, ListEveryModel) {
  Succeed();
  const auto response = Ask("");
  ASSERT_THAT(response, IsOk());
  ASSERT_EQ(response->model_stats_size(), 2);
  EXPECT_EQ(response->model_stats(0).name(), "digits-ncu");
  EXPECT_EQ(response->model_stats(0).inference_stats().success().count(), 0u);
  EXPECT_EQ(response->model_stats(1).name(), "iris");
  EXPECT_EQ(response->model_stats(1).inference_stats().success().count(), kRequests);
}

TEST_F(StatisticsTest, AreRefusedForWhatIsNotServed) {
  EXPECT_THAT(Ask("nobody"),
              StatusIs(Code::kInvalidArgument, "requested model 'nobody' is not available"));
  EXPECT_THAT(Ask("iris", "2"), StatusIs(Code::kInvalidArgument,
                                         "requested model 'iris' version 2 is not available"));
  EXPECT_THAT(Ask("iris", "one"), StatusIs(Code::kInvalidArgument, HasSubstr("version 'one'")));
}

}  // namespace
}  // namespace hillock::testing
