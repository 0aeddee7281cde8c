// SPDX-License-Identifier: Apache-2.0

// What the batcher counts and times, on a clock that ticks whenever it is read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/core/engine/executor.h"
#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "server/scheduling/batcher.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/unit/scheduling/test_job.h"

namespace hillock::scheduling {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::MlpBuilder;

constexpr uint64_t kTick = 1000;
constexpr size_t kOneDnn = 0;
constexpr size_t kFallback = 1;

// A model of two layers on reactor 1 of 2. The activation of the first can be fused, that of the
// second cannot.
class BatcherMetrics : public ::testing::Test {
 protected:
  static constexpr size_t kReactor = 1;

  // Adds a job that has waited for `waited` and runs it.
  Batcher MakeBatcher(size_t profile_every) {
    return Batcher({.reactor = kReactor, .profile_every = profile_every}, shared_work_,
                   registry_.reactor(kReactor), clock_);
  }
  void RunJob(size_t profile_every, size_t rows, Nanos waited = 0) {
    Batcher batcher = MakeBatcher(profile_every);
    RunOn(batcher, rows, waited);
  }
  void RunOn(Batcher& batcher, size_t rows, Nanos waited = 0) {
    TestJob job(*model_, rows, 1, clock_.Now());
    clock_.Advance(waited - Nanos{kTick});
    EXPECT_TRUE(batcher.Add(job).ok());
    batcher.Run();
    EXPECT_EQ(job.done(), 1);
  }

  // The path of the first layer in batches that are not profiled: fused, if oneDNN's dense layer is
  // in use on this machine.
  size_t planned() const {
    return std::get<engine::DenseStep>(model_->plan().steps()[0]).is_fused(0) ? metrics::kFused
                                                                              : metrics::kSplit;
  }
  // How often the clock is read while the first layer runs.
  uint64_t readings() const { return planned() == metrics::kFused ? 1 : 2; }
  // How often from the start of a batch to its end: the run's start, the layers, the end itself.
  uint64_t BatchReadings() const { return 1 + readings() + 2 + 1; }

  metrics::ModelCells& cells() { return model_->cells(kReactor); }
  metrics::ActivationCells& cells_of(const std::string& activation) {
    return registry_.reactor(kReactor).activations[activation::Find(activation)->index];
  }

  FakeClock clock_{kTick};
  SharedWorkQueue shared_work_;
  metrics::Registry registry_{2, {}};
  std::shared_ptr<lifecycle::ServedModel> model_ =
      *lifecycle::ModelCompiler(2, registry_, clock_)
           .Compile("m", 1, MlpBuilder(3).Add(8, "relu").Add(2, "ncu").Share(),
                    {.compute = {.backend = Backend::kOneDnn}});
};

TEST_F(BatcherMetrics, CountRowsAndBatches) {
  RunJob(0, 5);
  RunJob(0, 300);
  EXPECT_EQ(cells().rows.Get(), 305u);
  EXPECT_EQ(cells().batch_rows.Count(), 3u);
  EXPECT_EQ(cells().batch_rows.Bucket(metrics::RowScale::Index(5)), 1u);
  EXPECT_EQ(cells().batch_rows.Bucket(metrics::RowScale::Index(256)), 1u);
  EXPECT_EQ(cells().batch_rows.Bucket(metrics::RowScale::Index(44)), 1u);
  EXPECT_EQ(cells().batch_rows.Sum(), 305u);
}

TEST_F(BatcherMetrics, StayInTheirReactorsCells) {
  RunJob(1, 5);
  EXPECT_EQ(model_->cells(0).rows.Get(), 0u);
  EXPECT_EQ(model_->cells(0).batch_rows.Count(), 0u);
  for (const auto& a : registry_.reactor(0).activations) {
    EXPECT_EQ(a.elements[kOneDnn][metrics::kSplit].Get(), 0u);
    EXPECT_EQ(a.elements[kFallback][metrics::kSplit].Get(), 0u);
  }
}

TEST_F(BatcherMetrics, CountElementsByActivationBackendAndPath) {
  auto& relu = cells_of("relu").elements[kOneDnn];
  auto& ncu = cells_of("ncu").elements;
  RunJob(0, 5);
  EXPECT_EQ(relu[planned()].Get(), 5u * 8);
  EXPECT_EQ(relu[1 - planned()].Get(), 0u);
  EXPECT_EQ(ncu[kFallback][metrics::kSplit].Get(), 5u * 2);
  EXPECT_EQ(ncu[kOneDnn][metrics::kSplit].Get(), 0u);
  const uint64_t split_before = relu[metrics::kSplit].Get();
  RunJob(1, 3);
  EXPECT_EQ(relu[metrics::kSplit].Get() - split_before, 3u * 8);
  EXPECT_EQ(relu[metrics::kFused].Get() + relu[metrics::kSplit].Get(), 8u * 8);
  EXPECT_EQ(ncu[kFallback][metrics::kSplit].Get(), 8u * 2);
}

TEST_F(BatcherMetrics, TimeEveryPassOfItsOwn) {
  RunJob(0, 5);
  EXPECT_EQ(cells_of("ncu").nanos[kFallback].Count(), 1u);
  EXPECT_EQ(cells_of("ncu").nanos[kFallback].Sum(), kTick);
  EXPECT_EQ(cells_of("ncu").timed_elements[kFallback].Get(), 5u * 2);
  const uint64_t passes = planned() == metrics::kFused ? 0 : 1;
  EXPECT_EQ(cells_of("relu").nanos[kOneDnn].Count(), passes);
  EXPECT_EQ(cells_of("relu").timed_elements[kOneDnn].Get(), passes * 5 * 8);
  RunJob(1, 5);
  EXPECT_EQ(cells_of("relu").nanos[kOneDnn].Count(), passes + 1);
  EXPECT_EQ(cells_of("relu").timed_elements[kOneDnn].Get(), (passes + 1) * 5 * 8);
}

TEST_F(BatcherMetrics, TimeEveryLayer) {
  RunJob(0, 5);
  EXPECT_EQ(cells_of("relu").layer_nanos[planned()].Sum(), readings() * kTick);
  EXPECT_EQ(cells_of("relu").layer_nanos[1 - planned()].Count(), 0u);
  EXPECT_EQ(cells_of("ncu").layer_nanos[metrics::kSplit].Sum(), 2 * kTick);
}

TEST_F(BatcherMetrics, TimeWaitingAndComputing) {
  RunJob(0, 5, Nanos{7 * kTick});
  EXPECT_EQ(cells().queue_nanos.Count(), 1u);
  EXPECT_EQ(cells().queue_nanos.Sum(), 7 * kTick);
  EXPECT_EQ(cells().compute_nanos.Count(), 1u);
  EXPECT_EQ(cells().compute_nanos.Sum(), BatchReadings() * kTick);
  EXPECT_EQ(cells().total_nanos.Count(), 0u) << "the call's to count";
  EXPECT_EQ(cells().nanos.queue.Get(), 7 * kTick);
  EXPECT_EQ(cells().nanos.compute.Get(), BatchReadings() * kTick);
}

TEST_F(BatcherMetrics, KeepTheTimesOfFailedJobsSeparately) {
  Batcher batcher = MakeBatcher(0);
  TestJob job(*model_, 2, 1, clock_.Now());
  job.request.deadline = clock_.Now() + Nanos{5 * kTick};
  EXPECT_TRUE(batcher.Add(job).ok());
  clock_.Advance(Nanos{10 * kTick});
  batcher.Run();
  EXPECT_EQ(job.status().code(), absl::StatusCode::kDeadlineExceeded) << job.status();
  EXPECT_EQ(cells().queue_nanos.Count(), 1u);
  EXPECT_EQ(cells().nanos.queue.Get(), 0u);
  EXPECT_EQ(cells().nanos.compute.Get(), 0u);
  EXPECT_EQ(cells().last_batch.Get(), 0) << "no batch ran";
}

TEST_F(BatcherMetrics, RememberWhenTheLastBatchEnded) {
  RunJob(0, 600);
  EXPECT_EQ(cells().last_batch.Get(), clock_.Now() - Nanos{kTick});
  clock_.Advance(Nanos{100 * kTick});
  RunJob(0, 1);
  EXPECT_EQ(cells().last_batch.Get(), clock_.Now() - Nanos{kTick});
}

TEST_F(BatcherMetrics, SayWhenAJobWasComputed) {
  Batcher batcher = MakeBatcher(0);
  TestJob job(*model_, 600, 1, clock_.Now());
  EXPECT_TRUE(batcher.Add(job).ok());
  batcher.Run();
  EXPECT_EQ(job.computed(), cells().last_batch.Get());
}

TEST_F(BatcherMetrics, TimeAJobOfSeveralBatchesFromItsFirstRowToItsLast) {
  RunJob(0, 600, Nanos{7 * kTick});
  EXPECT_EQ(cells().queue_nanos.Count(), 1u);
  EXPECT_EQ(cells().queue_nanos.Sum(), 7 * kTick);
  EXPECT_EQ(cells().compute_nanos.Count(), 1u);
  // Between batches the clock is read for the start of the next.
  EXPECT_EQ(cells().compute_nanos.Sum(), (3 * BatchReadings() + 2) * kTick);
}

TEST_F(BatcherMetrics, TimeEveryJobOfABatch) {
  Batcher batcher = MakeBatcher(0);
  TestJob one(*model_, 2, 1, clock_.Now());
  TestJob other(*model_, 3, 2, clock_.Now());
  EXPECT_TRUE(batcher.Add(one).ok());
  EXPECT_TRUE(batcher.Add(other).ok());
  batcher.Run();
  EXPECT_EQ(cells().queue_nanos.Count(), 2u);
  EXPECT_EQ(cells().queue_nanos.Sum(), 3 * kTick);
  EXPECT_EQ(cells().compute_nanos.Count(), 2u);
}

struct Profiling {
  size_t every;
  std::vector<bool> batches;  // whether each is profiled
};

class ProfileEvery : public BatcherMetrics, public ::testing::WithParamInterface<Profiling> {};

TEST_P(ProfileEvery, TakesTheFirstBatchAndThenOneInSoMany) {
  Batcher batcher = MakeBatcher(GetParam().every);
  for (size_t i = 0; i < GetParam().batches.size(); ++i) {
    const uint64_t before = cells().layers[0].sampled.Get();
    RunOn(batcher, 4);
    const uint64_t sampled = cells().layers[0].sampled.Get() - before;
    EXPECT_EQ(sampled, GetParam().batches[i] ? 4u * 8 : 0u) << "batch " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Each, ProfileEvery,
                         ::testing::Values(Profiling{0, {false, false, false, false, false}},
                                           Profiling{1, {true, true, true, true, true}},
                                           Profiling{2, {true, false, true, false, true}},
                                           Profiling{4, {true, false, false, false, true}}),
                         [](const auto& test) {
                           return "every_" + std::to_string(test.param.every);
                         });

TEST_F(BatcherMetrics, CountSaturatedElementsOfProfiledBatches) {
  RunJob(1, 100);
  EXPECT_EQ(cells().layers[0].sampled.Get(), 100u * 8);
  EXPECT_EQ(cells().layers[1].sampled.Get(), 100u * 2);
  // Seeded weights and rows around 0: some ReLUs are off, some are on.
  EXPECT_GT(cells().layers[0].saturated.Get(), 0u);
  EXPECT_LT(cells().layers[0].saturated.Get(), cells().layers[0].sampled.Get());
}

TEST_F(BatcherMetrics, CountDeadUnitsOnceAWindowHasPassed) {
  auto mlp = MlpBuilder(3).Add(3, "relu").Build();
  std::ranges::fill(mlp.layers[0].weights, 0.0f);
  mlp.layers[0].bias = {-1, 1, -1};
  model_ = *lifecycle::ModelCompiler(2, registry_, clock_)
                .Compile("dying", 1, std::make_shared<const model::Mlp>(std::move(mlp)), {});
  Batcher batcher = MakeBatcher(1);
  for (size_t i = 1; i < engine::UnitHealth::kWindow; ++i) RunOn(batcher, 2);
  EXPECT_EQ(cells().layers[0].dead_units.Get(), 0);
  RunOn(batcher, 2);
  EXPECT_EQ(cells().layers[0].dead_units.Get(), 2);
}

}  // namespace
}  // namespace hillock::scheduling
