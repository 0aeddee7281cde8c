// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/triton_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "server/core/activation/activation.h"
#include "server/metrics/registry.h"

namespace hillock::metrics {
namespace {

using ::testing::DoubleEq;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// What the page has under Triton's names, each with the labels model, version.
std::map<std::string, double> TritonSamples(const Registry& registry) {
  std::map<std::string, double> samples;
  for (const auto& family : registry.Collect()) {
    if (!family.name.starts_with("nv_")) continue;
    const bool gauge = family.type == prometheus::MetricType::Gauge;
    for (const auto& metric : family.metric) {
      const double value = gauge ? metric.gauge.value : metric.counter.value;
      samples[family.name + " " + metric.label[0].value + " " + metric.label[1].value] = value;
    }
  }
  return samples;
}

std::shared_ptr<ModelMetrics> AddCat(Registry& registry) {
  return registry.AddModel("cat", "7", {{"fc1", activation::Find("relu")}}, {});
}

void Count(ModelCells& cells) {
  cells.requests[0].Add(5);
  cells.requests[3].Add(1);
  cells.requests[8].Add(2);
  cells.rows.Add(40);
  cells.batch_rows.Observe(40);
  cells.nanos.queue.Add(1000);
  cells.nanos.compute.Add(2500);
  cells.nanos.answer.Add(500);
  cells.nanos.failed.Add(70);
}

TEST(TritonNamesTest, AreOfTheCellsOfAllReactors) {
  Registry registry(2, {}, true);
  const auto cat = AddCat(registry);
  for (ModelCells& cells : cat->shards) Count(cells);
  cat->shards[1].queue_rows.Set(3);
  EXPECT_THAT(TritonSamples(registry),
              UnorderedElementsAre(
                  Pair("nv_inference_request_success cat 7", 10),
                  Pair("nv_inference_request_failure cat 7", 6),
                  Pair("nv_inference_count cat 7", 80), Pair("nv_inference_exec_count cat 7", 2),
                  Pair("nv_inference_request_duration_us cat 7", DoubleEq(8)),
                  Pair("nv_inference_queue_duration_us cat 7", DoubleEq(2)),
                  Pair("nv_inference_compute_infer_duration_us cat 7", DoubleEq(5)),
                  Pair("nv_inference_compute_output_duration_us cat 7", DoubleEq(1)),
                  Pair("nv_inference_pending_request_count cat 7", 3)));
}

TEST(TritonNamesTest, GoOnWhenAVersionIsLoadedAnew) {
  Registry registry(1, {}, true);
  auto cat = AddCat(registry);
  Count(cat->shards[0]);
  cat->shards[0].queue_rows.Set(3);
  const auto before = TritonSamples(registry);
  const auto again = AddCat(registry);
  cat.reset();
  auto after = TritonSamples(registry);
  EXPECT_EQ(after["nv_inference_pending_request_count cat 7"], 0);
  after["nv_inference_pending_request_count cat 7"] = 3;
  EXPECT_EQ(after, before);
}

TEST(TritonNamesTest, AreThereOnlyWhenAskedFor) {
  Registry registry(1, {});
  const auto cat = AddCat(registry);
  Count(cat->shards[0]);
  EXPECT_THAT(TritonSamples(registry), IsEmpty());
}

}  // namespace
}  // namespace hillock::metrics
