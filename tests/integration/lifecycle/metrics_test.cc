// SPDX-License-Identifier: Apache-2.0

// What a scrape shows after known traffic.

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <set>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/http.h"
#include "tests/integration/support/metrics_page.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::HasSubstr;

// Requests to iris (4-16-3, tanh and softmax): their rows.
constexpr size_t kIrisRows[] = {1, 2, 7, 20, 30};
constexpr size_t kIrisRequests = std::size(kIrisRows);
constexpr size_t kIrisRowsTotal = 60;

// Requests to digits-ncu (64-32-10, ncu and softmax), which has no fused activation: one row each.
constexpr size_t kNcuRows = 3;

std::set<std::string> GoldenLines() {
  std::ifstream file(HILLOCK_GOLDEN "/metrics.txt");
  std::set<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.insert(line);
  return lines;
}

// A server with one sound model fused, one split and one damaged. It is asked the same every time.
class MetricsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const size_t rows : kIrisRows) {
      EXPECT_THAT(Ask("iris", rows), IsOk());
    }
    for (size_t i = 0; i < kNcuRows; ++i) EXPECT_THAT(Ask("digits-ncu", 1), IsOk());
    EXPECT_THAT(Infer(server_, MakeRequest("iris", 2, std::vector<float>(2))),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("shape")));
    EXPECT_THAT(Infer(server_, MakeRequest("nobody", 2, std::vector<float>(2))),
                StatusIs(absl::StatusCode::kNotFound, HasSubstr("nobody")));
    EXPECT_THAT(Infer(server_, MakeRequest("broken", 2, std::vector<float>(2))),
                StatusIs(absl::StatusCode::kUnavailable, HasSubstr("broken")));
  }

  absl::Status Ask(const std::string& model, size_t rows) {
    const Example& example = FindExample(model);
    return Infer(server_, MakeRequest(model, example.width, example.Rows(0, rows))).status();
  }

  static std::string WithADamagedModel(const SomeModels& models) {
    models.Add("broken", "no model");
    return models.path();
  }

  const SomeModels models_{"iris", "digits-ncu"};
  ServerProcess server_{WithADamagedModel(models_), {"--reactors", "1", "--backend", "onednn"}};
};

TEST_F(MetricsTest, HaveTheNamesAndLabelsOfTheGoldenFile) {
  const std::set<std::string> got = MetricsPage(server_).Outline();
  const std::set<std::string> want = GoldenLines();
  for (const std::string& line : got) EXPECT_TRUE(want.contains(line)) << "new: " << line;
  for (const std::string& line : want) EXPECT_TRUE(got.contains(line)) << "missing: " << line;
}

TEST_F(MetricsTest, CountRowsAndRequests) {
  const MetricsPage page(server_);
  EXPECT_EQ(page.Sum("hillock_rows_total", {{"model", "iris"}}), kIrisRowsTotal);
  EXPECT_EQ(page.Sum("hillock_rows_total", {{"model", "digits-ncu"}}), kNcuRows);
  const auto requests = [&](const std::string& model, const std::string& code) {
    return page.Sum("hillock_requests_total", {{"model", model}, {"code", code}});
  };
  EXPECT_EQ(requests("iris", "OK"), kIrisRequests);
  EXPECT_EQ(requests("iris", "INVALID_ARGUMENT"), 1);
  EXPECT_EQ(requests("digits-ncu", "OK"), kNcuRows);
  EXPECT_EQ(requests("", "NOT_FOUND"), 1);
  EXPECT_EQ(requests("", "UNAVAILABLE"), 1);
  EXPECT_EQ(page.Sum("hillock_requests_total"), kIrisRequests + kNcuRows + 3);
}

// digits-ncu answers with ten floats and a label, iris with three and a label.
TEST_F(MetricsTest, CountTheBytesOfRequestsAndAnswers) {
  const MetricsPage page(server_);
  const auto bytes = [&](const std::string& family, const std::string& model) {
    return page.Sum(family, {{"model", model}});
  };
  const Example& example = FindExample("digits-ncu");
  const auto request = MakeRequest("digits-ncu", example.width, example.Rows(0, 1));
  EXPECT_EQ(bytes("hillock_request_bytes_total", "digits-ncu"), kNcuRows * request.ByteSizeLong());
  EXPECT_GT(bytes("hillock_answer_bytes_total", "digits-ncu"), kNcuRows * 10 * sizeof(float));
  EXPECT_LT(bytes("hillock_answer_bytes_total", "digits-ncu"), kNcuRows * 200);
  EXPECT_GT(bytes("hillock_answer_bytes_total", "iris"), kIrisRowsTotal * 3 * sizeof(float));
}

TEST_F(MetricsTest, TellWhatTheServerHolds) {
  const MetricsPage page(server_);
  EXPECT_GT(page.Sum("hillock_reactor_busy_seconds_total"), 0);
  EXPECT_EQ(page.Sum("hillock_calls"), 0);
  EXPECT_GE(page.Sum("hillock_memory_limit_bytes"), page.Sum("hillock_buffered_limit_bytes"));
  EXPECT_GE(page.Sum("hillock_model_loaded_timestamp_seconds", {{"model", "iris"}}),
            page.Sum("process_start_time_seconds"));
}

TEST_F(MetricsTest, CountEveryElementOfAnActivation) {
  const MetricsPage page(server_);
  const auto elements = [&](const std::string& activation) {
    return page.Sum("hillock_activation_elements_total", {{"activation", activation}});
  };
  EXPECT_EQ(elements("tanh"), kIrisRowsTotal * 16);
  EXPECT_EQ(elements("ncu"), kNcuRows * 32);
  EXPECT_EQ(elements("softmax"), kIrisRowsTotal * 3 + kNcuRows * 10);
  // Of the fused one, the first batch was profiled, and only that one was timed on its own.
  EXPECT_EQ(
      page.Sum("hillock_activation_elements_total", {{"activation", "tanh"}, {"path", "split"}}),
      kIrisRows[0] * 16);
  EXPECT_EQ(page.Sum("hillock_activation_timed_elements_total", {{"activation", "tanh"}}),
            kIrisRows[0] * 16);
  EXPECT_EQ(page.Sum("hillock_activation_seconds_count", {{"activation", "tanh"}}), 1);
  EXPECT_EQ(page.Sum("hillock_activation_seconds_count", {{"activation", "ncu"}}), kNcuRows);
}

TEST_F(MetricsTest, HaveHistogramsThatAddUp) {
  const MetricsPage page(server_);
  for (const std::string name : {"hillock_activation_seconds", "hillock_layer_seconds",
                                 "hillock_request_seconds", "hillock_batch_rows"}) {
    const auto counts = page.Find(name + "_count");
    EXPECT_FALSE(counts.empty()) << name;
    for (const Sample& count : counts) {
      Labels everything = count.labels;
      everything["le"] = "+Inf";
      EXPECT_EQ(page.Sum(name + "_bucket", everything), count.value) << name;
      EXPECT_GT(count.value, 0) << name;
      EXPECT_GT(page.Sum(name + "_sum", count.labels), 0) << name;
    }
  }
  EXPECT_EQ(page.Sum("hillock_batch_rows_sum", {{"model", "iris"}}), kIrisRowsTotal);
  for (const std::string stage : {"queue", "compute"}) {
    EXPECT_EQ(page.Sum("hillock_request_seconds_count", {{"model", "iris"}, {"stage", stage}}),
              kIrisRequests);
  }
  EXPECT_EQ(page.Sum("hillock_request_seconds_count", {{"model", "iris"}, {"stage", "total"}}),
            kIrisRequests + 1);
}

TEST_F(MetricsTest, PassPromtool) {
  const TemporaryFolder folder;
  folder.Write("page", MetricsPage(server_).text());
  const End end = RunToEnd({"promtool", "check", "metrics"}, folder.Path("page"));
  EXPECT_EQ(end.code, 0) << end.output << end.errors << "(127: install the package prometheus)";
}

TEST_F(MetricsTest, AreNowhereElse) {
  EXPECT_EQ(HttpGet(server_.http_address(), "/metric").status, 404);
}

TEST_F(MetricsTest, ShareTheirPortWithHealth) {
  EXPECT_EQ(HttpGet(server_.http_address(), "/health/live").status, 200);
  EXPECT_EQ(HttpGet(server_.http_address(), "/health/ready").status, 200);
}

TEST(FolderNameTest, ThatIsNotUtf8LeavesMetricsAndIndexReadable) {
  const SomeModels models{"iris"};
  models.folder().Write("f\xff\xfe/1/model.mlp", "no model");
  ServerProcess server(models.path(), {"--reactors", "1"});
  const MetricsPage page(server);
  EXPECT_EQ(page.Sum("hillock_model_state", {{"model", R"(f\\xff\\xfe)"}}), 1) << page.text();
  grpc::ClientContext context;
  inference::RepositoryIndexResponse index;
  ASSERT_TRUE(server.inference().RepositoryIndex(&context, {}, &index).ok());
  EXPECT_THAT(index.DebugString(), HasSubstr(R"(f\\xff\\xfe)"));
}

}  // namespace
}  // namespace hillock::testing
