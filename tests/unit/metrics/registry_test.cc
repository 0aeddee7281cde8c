// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/metrics/families.h"
#include "tests/unit/metrics/fill_cells.h"

namespace hillock::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;
using ::testing::UnorderedElementsAre;

constexpr size_t kOneDnn = 0;
constexpr size_t kFallback = 1;

// "name=value, ..." of a sample.
std::string LabelsOf(const prometheus::ClientMetric& metric) {
  std::string text;
  for (const auto& label : metric.label) {
    text += (text.empty() ? "" : ", ") + label.name + "=" + label.value;
  }
  return text;
}

class RegistryTest : public ::testing::Test {
 protected:
  static const activation::Spec& Relu() { return *activation::Find("relu"); }

  std::shared_ptr<ModelMetrics> AddModel(const std::string& name,
                                         const std::string& version = "1") {
    return registry_.AddModel(name, version, {{"fc1", &Relu()}, {"fc2", &Relu()}},
                              {.load_seconds = 0.25, .loaded_time = 1.7e9, .bytes = 4096});
  }

  // The sample of a family with these labels, if there is one.
  std::optional<prometheus::ClientMetric> Find(const Family& family, const std::string& labels) {
    for (const auto& collected : registry_.Collect()) {
      if (collected.name != family.name) continue;
      for (const auto& metric : collected.metric) {
        if (LabelsOf(metric) == labels) return metric;
      }
    }
    return std::nullopt;
  }
  std::optional<double> CounterOf(const Family& family, const std::string& labels) {
    const auto metric = Find(family, labels);
    return metric ? std::optional(metric->counter.value) : std::nullopt;
  }
  std::optional<double> GaugeOf(const Family& family, const std::string& labels) {
    const auto metric = Find(family, labels);
    return metric ? std::optional(metric->gauge.value) : std::nullopt;
  }
  std::optional<uint64_t> SamplesOf(const Family& family, const std::string& labels) {
    const auto metric = Find(family, labels);
    return metric ? std::optional(metric->histogram.sample_count) : std::nullopt;
  }

  // Counts one more in every cell of the reactors, and of the model on them.
  void FillEveryCell(ModelMetrics& model) {
    for (size_t r = 0; r < 2; ++r) {
      FillReactor(registry_.reactor(r));
      FillShard(model.shards[r]);
    }
  }

  // Prometheus refuses a scrape in which two samples of a family have the same labels.
  void ExpectNoDuplicates() {
    for (const auto& family : registry_.Collect()) {
      std::set<std::string> seen;
      for (const auto& metric : family.metric) {
        EXPECT_TRUE(seen.insert(LabelsOf(metric)).second)
            << family.name << "{" << LabelsOf(metric) << "} twice";
      }
    }
  }

  Registry registry_{2, {{"version", "9.9"}, {"onednn", "2.6"}}};
};

TEST_F(RegistryTest, SumsActivationsOverReactors) {
  for (size_t r = 0; r < 2; ++r) {
    ActivationCells& relu = registry_.reactor(r).activations[Relu().index];
    relu.nanos[kOneDnn].Observe(1000);
    relu.timed_elements[kOneDnn].Add(7);
    relu.elements[kOneDnn][kFused].Add(100);
    relu.elements[kFallback][kSplit].Add(10 + r);
    relu.layer_nanos[kSplit].Observe(5000);
  }
  EXPECT_THAT(SamplesOf(kActivationSeconds, "activation=relu, backend=onednn"), Optional(2u));
  EXPECT_THAT(CounterOf(kActivationTimedElements, "activation=relu, backend=onednn"), Optional(14));
  EXPECT_THAT(CounterOf(kActivationElements, "activation=relu, backend=onednn, path=fused"),
              Optional(200));
  EXPECT_THAT(CounterOf(kActivationElements, "activation=relu, backend=fallback, path=split"),
              Optional(21));
  EXPECT_THAT(SamplesOf(kLayerSeconds, "activation=relu, path=split"), Optional(2u));
}

TEST_F(RegistryTest, SumsTheCallsOfATokenOverReactors) {
  for (size_t r = 0; r < 2; ++r) registry_.AddToken("web").shards[r].calls.Add(1 + r);
  registry_.AddToken("").shards[1].calls.Add(5);
  registry_.AddToken("idle");
  EXPECT_THAT(CounterOf(kTokenCalls, "token=web"), Optional(3));
  EXPECT_THAT(CounterOf(kTokenCalls, "token="), Optional(5));
  EXPECT_EQ(CounterOf(kTokenCalls, "token=idle"), std::nullopt);
}

TEST_F(RegistryTest, ShowsNothingOfWhatHasNotHappened) {
  const auto model = AddModel("cat");
  EXPECT_THAT(SamplesOf(kActivationSeconds, "activation=relu, backend=onednn"), Eq(std::nullopt));
  EXPECT_THAT(CounterOf(kRows, "model=cat"), Eq(std::nullopt));
  EXPECT_THAT(GaugeOf(kDeadUnits, "model=cat, layer=fc1"), Eq(std::nullopt)) << "nothing sampled";
}

TEST_F(RegistryTest, SumsAModelOverReactors) {
  const auto model = AddModel("cat");
  for (ModelCells& cells : model->shards) {
    cells.requests[0].Add(5);
    cells.requests[3].Add(1);
    cells.total_nanos.Observe(3000);
    cells.queue_nanos.Observe(1000);
    cells.compute_nanos.Observe(2000);
    cells.batch_rows.Observe(4);
    cells.rows.Add(4);
  }
  EXPECT_THAT(CounterOf(kRequests, "model=cat, version=1, code=OK"), Optional(10));
  EXPECT_THAT(CounterOf(kRequests, "model=cat, version=1, code=INVALID_ARGUMENT"), Optional(2));
  EXPECT_THAT(SamplesOf(kRequestSeconds, "model=cat, stage=total"), Optional(2u));
  EXPECT_THAT(SamplesOf(kRequestSeconds, "model=cat, stage=queue"), Optional(2u));
  EXPECT_THAT(SamplesOf(kRequestSeconds, "model=cat, stage=compute"), Optional(2u));
  EXPECT_THAT(SamplesOf(kBatchRows, "model=cat"), Optional(2u));
  EXPECT_THAT(CounterOf(kRows, "model=cat"), Optional(8));
}

TEST_F(RegistryTest, TellsTheHealthOfEveryLayer) {
  const auto model = AddModel("cat");
  for (size_t r = 0; r < 2; ++r) {
    model->shards[r].layers[1].sampled.Add(50);
    model->shards[r].layers[1].saturated.Add(20 + r);
    model->shards[r].layers[1].dead_units.Set(static_cast<int64_t>(3 + r));
    activation::InputTally inputs;
    inputs.Add(r == 0 ? -100 : 0.75);
    activation::DerivativeTally derivatives;
    derivatives.Add(0.5);
    model->shards[r].layers[1].Add(inputs, derivatives);
  }
  EXPECT_THAT(CounterOf(kSampledElements, "model=cat, layer=fc2, activation=relu"), Optional(100));
  EXPECT_THAT(CounterOf(kSaturatedElements, "model=cat, layer=fc2, activation=relu"), Optional(41));
  EXPECT_THAT(GaugeOf(kDeadUnits, "model=cat, layer=fc2"), Optional(4)) << "the worst reactor's";
  EXPECT_THAT(CounterOf(kSampledElements, "model=cat, layer=fc1, activation=relu"),
              Eq(std::nullopt));
  const auto inputs = Find(kActivationInput, "model=cat, layer=fc2, activation=relu");
  ASSERT_TRUE(inputs);
  EXPECT_EQ(inputs->histogram.sample_sum, -99.25);
  EXPECT_EQ(inputs->histogram.bucket.front().cumulative_count, 1u) << "up to -32";
  EXPECT_EQ(inputs->histogram.bucket.back().cumulative_count, 2u);
  const auto derivatives = Find(kActivationDerivative, "model=cat, layer=fc2, activation=relu");
  ASSERT_TRUE(derivatives);
  EXPECT_EQ(derivatives->histogram.sample_sum, 1);
  EXPECT_EQ(derivatives->histogram.sample_count, 2u);
}

TEST_F(RegistryTest, ShowsAModelsGaugesAsLongAsSomebodyHoldsIt) {
  auto model = AddModel("cat");
  EXPECT_THAT(GaugeOf(kModelLoadSeconds, "model=cat, version=1"), Optional(0.25));
  EXPECT_THAT(GaugeOf(kModelLoadedTime, "model=cat, version=1"), Optional(1.7e9));
  EXPECT_THAT(GaugeOf(kModelBytes, "model=cat, version=1"), Optional(4096));
  model.reset();
  EXPECT_THAT(GaugeOf(kModelBytes, "model=cat, version=1"), Eq(std::nullopt));
}

TEST_F(RegistryTest, ReadsTheServerAtEachScrape) {
  EXPECT_THAT(GaugeOf(kBufferedBytes, ""), Eq(std::nullopt));
  Registry::ServerReadings readings{.reactors = {{.connections = 3, .calls = 7}, {}},
                                    .buffered_bytes = 10,
                                    .buffered_limit_bytes = 100,
                                    .memory_limit_bytes = 1000};
  registry_.ReadServerWith([&] { return readings; });
  EXPECT_THAT(GaugeOf(kConnections, "reactor=0"), Optional(3));
  EXPECT_THAT(GaugeOf(kCalls, "reactor=0"), Optional(7));
  EXPECT_THAT(GaugeOf(kConnections, "reactor=1"), Optional(0));
  EXPECT_THAT(GaugeOf(kBufferedBytes, ""), Optional(10));
  EXPECT_THAT(GaugeOf(kBufferedLimitBytes, ""), Optional(100));
  EXPECT_THAT(GaugeOf(kMemoryLimitBytes, ""), Optional(1000));
  EXPECT_THAT(GaugeOf(kCertificateExpiry, ""), Eq(std::nullopt)) << "no TLS";
  readings.buffered_bytes = 20;
  readings.certificate_expiry = 1'800'000'000;
  EXPECT_THAT(GaugeOf(kBufferedBytes, ""), Optional(20));
  EXPECT_THAT(GaugeOf(kCertificateExpiry, ""), Optional(1.8e9));
}

TEST_F(RegistryTest, TellsHowBusyEachReactorIs) {
  registry_.reactor(1).busy_nanos.Add(2'500'000'000);
  EXPECT_THAT(CounterOf(kReactorBusySeconds, "reactor=0"), Optional(0));
  EXPECT_THAT(CounterOf(kReactorBusySeconds, "reactor=1"), Optional(2.5));
}

TEST_F(RegistryTest, CountsRequestsThatNameNoModelServed) {
  registry_.reactor(1).unrouted[5].Add(4);
  EXPECT_THAT(CounterOf(kRequests, "model=, version=, code=NOT_FOUND"), Optional(4));
}

TEST_F(RegistryTest, ShowsTheStatesLastSet) {
  registry_.SetModelStates({{"cat", "1", "READY"}, {"dog", "2", "UNAVAILABLE"}});
  EXPECT_THAT(GaugeOf(kModelState, "model=dog, version=2, state=UNAVAILABLE"), Optional(1));
  registry_.SetModelStates({{"cat", "1", "READY"}});
  EXPECT_THAT(GaugeOf(kModelState, "model=dog, version=2, state=UNAVAILABLE"), Eq(std::nullopt));
  EXPECT_THAT(GaugeOf(kModelState, "model=cat, version=1, state=READY"), Optional(1));
}

TEST_F(RegistryTest, TellsWhatTheServerIsMadeOf) {
  EXPECT_THAT(GaugeOf(kBuildInfo, "onednn=2.6, version=9.9"), Optional(1));
}

TEST_F(RegistryTest, NamesEveryStatusCodeAsGrpcDoes) {
  const auto model = AddModel("cat");
  for (Counter& counter : model->shards[0].requests) counter.Add(1);
  for (const char* code : {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED",
                           "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
                           "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
                           "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}) {
    EXPECT_THAT(CounterOf(kRequests, std::string("model=cat, version=1, code=") + code),
                Optional(1))
        << code;
  }
}

TEST_F(RegistryTest, ShowsEverySampleOnce) {
  const auto cat = AddModel("cat");
  const auto dog = AddModel("dog");
  FillEveryCell(*cat);
  FillEveryCell(*dog);
  ExpectNoDuplicates();
}

TEST_F(RegistryTest, ShowsEverySampleOnceWhileTwoVersionsOfAModelLive) {
  const auto old_version = AddModel("cat", "1");
  const auto new_version = AddModel("cat", "2");
  FillEveryCell(*old_version);
  FillEveryCell(*new_version);
  ExpectNoDuplicates();
}

TEST_F(RegistryTest, ShowsEverySampleOnceWhileAVersionIsLoadedAnew) {
  const auto before = AddModel("cat", "1");
  const auto after = AddModel("cat", "1");
  FillEveryCell(*before);
  FillEveryCell(*after);
  ExpectNoDuplicates();
  EXPECT_THAT(CounterOf(kRequests, "model=cat, version=1, code=OK"), Optional(4));
}

// A counter that went back would look to Prometheus like a restart, and its rate would jump.
TEST_F(RegistryTest, LetsNoCounterOfAModelGoBackWhenAVersionIsReplaced) {
  auto before = AddModel("cat", "1");
  FillEveryCell(*before);
  const auto after = AddModel("cat", "2");
  before.reset();
  EXPECT_THAT(SamplesOf(kRequestSeconds, "model=cat, stage=total"), Optional(2u));
  EXPECT_THAT(SamplesOf(kBatchRows, "model=cat"), Optional(2u));
  EXPECT_THAT(CounterOf(kRows, "model=cat"), Optional(2));
  EXPECT_THAT(CounterOf(kShed, "model=cat, reason=deadline"), Optional(2));
  EXPECT_THAT(CounterOf(kSampledElements, "model=cat, layer=fc1, activation=relu"), Optional(2));
  EXPECT_THAT(CounterOf(kSaturatedElements, "model=cat, layer=fc1, activation=relu"), Optional(2));
  EXPECT_THAT(GaugeOf(kQueueRows, "model=cat"), Optional(0)) << "a gauge is of what is there";
  EXPECT_THAT(CounterOf(kRequests, "model=cat, version=1, code=OK"), Eq(std::nullopt));
  FillEveryCell(*after);
  EXPECT_THAT(CounterOf(kRows, "model=cat"), Optional(4));
}

TEST_F(RegistryTest, LetsNoCounterOfAVersionGoBackWhenItIsLoadedAnew) {
  auto before = AddModel("cat", "1");
  FillEveryCell(*before);
  auto after = AddModel("cat", "1");
  before.reset();
  EXPECT_THAT(CounterOf(kRequests, "model=cat, version=1, code=OK"), Optional(2));
  FillEveryCell(*after);
  EXPECT_THAT(CounterOf(kRequests, "model=cat, version=1, code=OK"), Optional(4));
}

TEST_F(RegistryTest, ForgetsTheRequestsOfVersionsThatAreGone) {
  auto model = AddModel("cat", "1");
  FillEveryCell(*model);
  model.reset();
  EXPECT_THAT(CounterOf(kRows, "model=cat"), Eq(std::nullopt)) << "the model is not there";
  model = AddModel("cat", "1");
  EXPECT_THAT(CounterOf(kRequests, "model=cat, version=1, code=OK"), Eq(std::nullopt));
  EXPECT_THAT(CounterOf(kRows, "model=cat"), Optional(2)) << "goes on where it was";
}

// The names that dashboards and alerts rely on. A change here is a change for every user.
TEST_F(RegistryTest, HasTheFamiliesThatDashboardsKnow) {
  const auto model = AddModel("cat");
  FillEveryCell(*model);
  registry_.SetModelStates({{"cat", "1", "READY"}});
  registry_.ReadServerWith(
      [] { return Registry::ServerReadings{.reactors = {{}}, .certificate_expiry = 1}; });
  std::vector<std::string> names;
  for (const auto& family : registry_.Collect()) names.push_back(family.name);
  EXPECT_THAT(
      names, UnorderedElementsAre(
                 "hillock_activation_seconds", "hillock_activation_timed_elements_total",
                 "hillock_activation_elements_total", "hillock_layer_seconds",
                 "hillock_requests_total", "hillock_rest_answers_total", "hillock_request_seconds",
                 "hillock_batch_rows", "hillock_rows_total", "hillock_queue_rows",
                 "hillock_shed_total", "hillock_activation_sampled_elements_total",
                 "hillock_activation_saturated_elements_total", "hillock_activation_input",
                 "hillock_activation_derivative", "hillock_layer_sampled_seconds_total",
                 "hillock_layer_dead_units", "hillock_model_load_seconds", "hillock_model_bytes",
                 "hillock_model_state", "hillock_request_bytes_total", "hillock_answer_bytes_total",
                 "hillock_model_loaded_timestamp_seconds", "hillock_reactor_busy_seconds_total",
                 "hillock_connections", "hillock_calls", "hillock_buffered_bytes",
                 "hillock_buffered_limit_bytes", "hillock_memory_limit_bytes",
                 "hillock_certificate_expiry_timestamp_seconds", "hillock_build_info",
                 "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds",
                 "process_max_fds", "process_start_time_seconds"));
}

}  // namespace
}  // namespace hillock::metrics
