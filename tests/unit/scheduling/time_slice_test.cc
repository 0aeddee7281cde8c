// SPDX-License-Identifier: Apache-2.0

// Heavy work beside light work, and shared between batchers. The clock ticks a millisecond whenever
// it is read, so every layer takes a time slice, and a model is heavy unless it was made on a clock
// that stands still.

#include "server/lifecycle/time_slice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "server/core/engine/executor.h"
#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/scheduling/test_job.h"

namespace hillock::scheduling {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

constexpr size_t kReactors = 2;

class WideAwake final : public SharedWorkQueue::Worker {
 public:
  void Wake() override { FAIL() << "nobody sleeps here"; }
};

class TimeSliceTest : public ::testing::Test {
 protected:
  TimeSliceTest() {
    for (WideAwake& reactor : reactors_) shared_work_.Add(reactor);
  }
  std::shared_ptr<lifecycle::ServedModel> Serve(const std::string& name, const Clock& clock,
                                                uint32_t seed, const QueueLimits& limits = {}) {
    const auto mlp = MlpBuilder(3, seed).Add(8, "tanh").Add(8, "relu").Add(2, "softmax").Share();
    return *lifecycle::ModelCompiler(kReactors, registry_, clock)
                .Compile(name, 1, mlp,
                         {.compute = {.backend = Backend::kFallback}, .limits = {.queue = limits}});
  }
  Batcher MakeBatcher(size_t reactor, const QueueLimits& limits = {}) {
    return Batcher({.reactor = reactor, .limits = limits}, shared_work_, registry_.reactor(reactor),
                   clock_);
  }
  TestJob& MakeJob(lifecycle::ServedModel& model, size_t rows) {
    TestJob& job =
        jobs_.emplace_back(model, rows, static_cast<uint32_t>(jobs_.size()), clock_.Now());
    const size_t number = jobs_.size() - 1;
    job.Then([this, number](TestJob&) { order_.push_back(number); });
    return job;
  }
  TestJob& Add(Batcher& batcher, lifecycle::ServedModel& model, size_t rows) {
    TestJob& job = MakeJob(model, rows);
    EXPECT_THAT(batcher.Add(job), IsOk());
    return job;
  }

  // The answers are those of the same rows computed at once, by another batcher.
  void ExpectAnswered(const TestJob& job) {
    EXPECT_EQ(job.done(), 1);
    EXPECT_THAT(job.status(), IsOk());
    TestJob again(*job.request.model, job.rows(), static_cast<uint32_t>(&job - &jobs_[0]),
                  clock_.Now());
    for (size_t row = 0; row < job.rows(); ++row) {
      engine::Executor& executor = job.request.model->executor(0);
      std::ranges::copy(job.Row(row), executor.input());
      ASSERT_THAT(executor.Run(1, false), IsOk());
      const size_t width = job.request.model->outputs()[0].width;
      const std::vector<float> want(executor.output(), executor.output() + width);
      const std::vector<float> answers = job.Answers();
      const std::vector<float> got(
          answers.begin() + static_cast<std::ptrdiff_t>(row * width),
          answers.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
      ASSERT_THAT(got, Pointwise(::testing::Eq(), want)) << "row " << row;
    }
  }

  FakeClock clock_{lifecycle::kTimeSlice};
  const FakeClock standing_;
  std::array<WideAwake, kReactors> reactors_;
  SharedWorkQueue shared_work_;
  metrics::Registry registry_{kReactors, {}};
  std::shared_ptr<lifecycle::ServedModel> heavy_ = Serve("heavy", clock_, 1);
  std::shared_ptr<lifecycle::ServedModel> light_ = Serve("light", standing_, 2);
  std::deque<TestJob> jobs_;
  std::vector<size_t> order_;  // numbers of the jobs done
};

// Takes a block as soon as it is woken, and keeps it.
class Thief final : public SharedWorkQueue::Worker {
 public:
  Thief(SharedWorkQueue& shared_work, std::vector<Block*>& taken)
      : shared_work_(shared_work), taken_(taken) {
    shared_work.Add(*this);
    EXPECT_TRUE(shared_work.Park(*this));
  }
  void Wake() override { taken_.push_back(shared_work_.Pop()); }

 private:
  SharedWorkQueue& shared_work_;
  std::vector<Block*>& taken_;
};

TEST_F(TimeSliceTest, DistinguishHeavyFromLight) {
  EXPECT_GT(heavy_->cost().Of(1), lifecycle::kTimeSlice);
  EXPECT_LE(light_->cost().Of(1000), lifecycle::kTimeSlice);
  EXPECT_LT(heavy_->cost().block_rows, light_->cost().block_rows);
  EXPECT_GE(heavy_->cost().block_rows, lifecycle::kMinBlockRows);
  EXPECT_EQ(light_->cost().block_rows, engine::kMaxRows);
}

TEST_F(TimeSliceTest, CutHeavyWorkIntoBlocks) {
  Batcher batcher = MakeBatcher(0);
  TestJob& job = Add(batcher, *heavy_, 100);
  batcher.Run();
  ExpectAnswered(job);
  EXPECT_EQ(heavy_->cells(0).rows.Get(), 100u);
  EXPECT_EQ(heavy_->cells(0).batch_rows.Sum(), 100u);
  EXPECT_EQ(shared_work_.NextDue(), kNoDeadline);
}

TEST_F(TimeSliceTest, RunWhatIsLightBetweenTheLayersOfWhatIsHeavy) {
  Batcher batcher = MakeBatcher(0);
  bool arrived = false;
  batcher.SetPoll([&] {
    if (!std::exchange(arrived, true)) Add(batcher, *light_, 5);
  });
  Add(batcher, *heavy_, 10);
  batcher.Run();
  EXPECT_THAT(order_, ElementsAre(1, 0)) << "the light one came later and was done first";
  for (const TestJob& job : jobs_) ExpectAnswered(job);
}

// Each of a block's six passes, of three dense layers and their activations, takes 0.6 time slices.
TEST_F(TimeSliceTest, YieldAfterHalfATimeSlice) {
  const FakeClock clock(lifecycle::kTimeSlice * 6 / 10);
  const auto model = Serve("heavy", clock, 1);
  Batcher batcher = MakeBatcher(0);
  size_t yields = 0;
  batcher.SetPoll([&] { ++yields; });
  Add(batcher, *model, model->cost().block_rows);
  batcher.Run();
  EXPECT_EQ(model->cells(0).batch_rows.Count(), 1u);
  EXPECT_EQ(yields, 5u);
}

TEST_F(TimeSliceTest, NeverRunAModelInsideItself) {
  Batcher batcher = MakeBatcher(0);
  int arrivals = 0;
  batcher.SetPoll([&] {
    if (++arrivals <= 3) Add(batcher, *heavy_, 4);
  });
  Add(batcher, *heavy_, 10);
  batcher.Run();
  EXPECT_THAT(order_.front(), 0u);
  for (const TestJob& job : jobs_) ExpectAnswered(job);
}

// Heavy work that has waited is not put off by light work that keeps arriving.
TEST_F(TimeSliceTest, StarveNobody) {
  Batcher batcher = MakeBatcher(0);
  int arrivals = 0;
  batcher.SetPoll([&] {
    if (++arrivals <= 50) Add(batcher, *light_, 1);
  });
  Add(batcher, *light_, 1);
  Add(batcher, *heavy_, 10);
  batcher.Run();
  const auto heavy_at = std::ranges::find(order_, size_t{1});
  EXPECT_LT(heavy_at - order_.begin(), 10) << "of " << order_.size();
}

TEST_F(TimeSliceTest, FillBlocksAsFarAsTheyGo) {
  Batcher batcher = MakeBatcher(0);
  Add(batcher, *heavy_, 3 * heavy_->cost().block_rows);
  batcher.Run();
  EXPECT_EQ(heavy_->cells(0).batch_rows.Count(), 3u);
}

// Of two cores that are idle and this one each takes a third.
TEST_F(TimeSliceTest, CutSmallerBlocksWhereCoresAreIdle) {
  SharedWorkQueue shared_work;
  std::vector<Block*> taken;
  Thief first(shared_work, taken);
  Thief second(shared_work, taken);
  Batcher owner({.reactor = 0}, shared_work, registry_.reactor(0), clock_);
  owner.SetPoll([&] {
    for (Block* block : std::exchange(taken, {})) shared_work.Push(*block);
  });
  const size_t rows = 3 * lifecycle::kMinBlockRows;
  ASSERT_LE(rows, heavy_->cost().block_rows);
  TestJob& job = Add(owner, *heavy_, rows);
  owner.Run();
  ExpectAnswered(job);
  EXPECT_EQ(heavy_->cells(0).batch_rows.Count(), 3u);
}

// Another batcher that has taken its block does not wait for the owner's to be over.
TEST_F(TimeSliceTest, PushMoreBlocksAtTheYieldPointsOfOne) {
  Batcher owner = MakeBatcher(0);
  Batcher helper = MakeBatcher(1);
  size_t polls = 0;
  owner.SetPoll([&] {
    ++polls;
    helper.Run();
  });
  const size_t rows = 4 * heavy_->cost().block_rows;
  TestJob& job = Add(owner, *heavy_, rows);
  owner.Run();
  ExpectAnswered(job);
  EXPECT_EQ(heavy_->cells(1).rows.Get(), rows - heavy_->cost().block_rows)
      << "while the owner was at its first block, the helper could do the rest";
}

TEST_F(TimeSliceTest, ShareBlocksBetweenBatchers) {
  Batcher owner = MakeBatcher(0);
  Batcher helper = MakeBatcher(1);
  // Whenever the owner looks at the network, the other one gets a turn.
  owner.SetPoll([&] { helper.Run(); });
  TestJob& job = Add(owner, *heavy_, 100);
  owner.Run();
  EXPECT_GT(heavy_->cells(0).rows.Get(), 0u);
  EXPECT_GT(heavy_->cells(1).rows.Get(), 0u);
  EXPECT_EQ(heavy_->cells(0).rows.Get() + heavy_->cells(1).rows.Get(), 100u);
  ExpectAnswered(job);
}

TEST_F(TimeSliceTest, RunWhatIsLightWhileOthersHaveEveryBlock) {
  SharedWorkQueue shared_work;
  std::vector<Block*> taken;
  Thief first(shared_work, taken);
  Thief second(shared_work, taken);
  Batcher owner({.reactor = 0}, shared_work, registry_.reactor(0), clock_);
  size_t polls = 0;
  size_t light_done_at = 0;
  owner.SetPoll([&] {
    if (++polls == 1) Add(owner, *light_, 1);
    if (light_done_at == 0 && !order_.empty()) light_done_at = polls;
    if (polls < 50) return;
    for (Block* block : std::exchange(taken, {})) shared_work.Push(*block);
  });
  Add(owner, *heavy_, 200);
  owner.Run();
  EXPECT_EQ(order_.front(), 1u);
  EXPECT_GT(light_done_at, 0u);
  EXPECT_LT(light_done_at, 10u) << "of " << polls;
  for (const TestJob& job : jobs_) ExpectAnswered(job);
}

TEST_F(TimeSliceTest, DropAtOnceWhatNobodyWantsAndNobodyHasBegun) {
  Batcher batcher = MakeBatcher(0);
  TestJob& first = Add(batcher, *heavy_, 10);
  TestJob& second = Add(batcher, *heavy_, 20);
  batcher.Abandon(second);
  EXPECT_EQ(second.done(), 1);
  EXPECT_THAT(second.status(), StatusIs(absl::StatusCode::kCancelled, "the client is gone"));
  EXPECT_EQ(heavy_->cells(0).queue_rows.Get(), 10);
  EXPECT_EQ(heavy_->cells(0).shed[static_cast<size_t>(ShedReason::kCancelled)].Get(), 1u);
  batcher.Run();
  ExpectAnswered(first);
  EXPECT_EQ(heavy_->cells(0).rows.Get(), 10u) << "the other's rows were not computed";
}

TEST_F(TimeSliceTest, DropTheRestOfWhatNobodyWantsAnyMore) {
  Batcher batcher = MakeBatcher(0);
  TestJob& job = MakeJob(*heavy_, 100);
  batcher.SetPoll([&] {
    if (job.done() == 0) batcher.Abandon(job);
    EXPECT_EQ(job.done(), 0) << "its rows are being computed";
    batcher.SetPoll([] {});
  });
  ASSERT_THAT(batcher.Add(job), IsOk());
  batcher.Run();
  EXPECT_EQ(job.done(), 1);
  EXPECT_THAT(job.status(), StatusIs(absl::StatusCode::kCancelled, "the client is gone"));
  EXPECT_LT(heavy_->cells(0).rows.Get(), 100u);
  EXPECT_EQ(heavy_->cells(0).queue_rows.Get(), 0);
  EXPECT_LT(heavy_->cells(0).queue_nanos.Sum(), uint64_t{1} << 40) << "began before it came";
}

TEST_F(TimeSliceTest, FinishWhatIsAllBeingComputed) {
  Batcher batcher = MakeBatcher(0);
  TestJob& job = MakeJob(*heavy_, lifecycle::kMinBlockRows);
  batcher.SetPoll([&] {
    if (job.done() == 0) batcher.Abandon(job);
  });
  ASSERT_THAT(batcher.Add(job), IsOk());
  batcher.Run();
  ExpectAnswered(job);
}

TEST_F(TimeSliceTest, TakeTheSoonestDeadlineFirst) {
  Batcher batcher = MakeBatcher(0);
  const Nanos now = clock_.Now();
  for (const Nanos left : {80, 60, 70}) {
    TestJob& job = MakeJob(*heavy_, 8);
    job.request.deadline = now + left * 1'000'000;
    EXPECT_THAT(batcher.Add(job), IsOk());
  }
  batcher.Run();
  EXPECT_THAT(order_, ElementsAre(1, 2, 0));
}

TEST_F(TimeSliceTest, DropWhatExpiredWhileItWaited) {
  Batcher batcher = MakeBatcher(0);
  TestJob& late = MakeJob(*light_, 1);
  late.request.deadline = clock_.Now() + 5 * lifecycle::kTimeSlice;
  EXPECT_THAT(batcher.Add(late), IsOk());
  clock_.Advance(10 * lifecycle::kTimeSlice);
  batcher.Run();
  EXPECT_THAT(late.status(), StatusIs(absl::StatusCode::kDeadlineExceeded,
                                      "the deadline passed while the request waited"));
  EXPECT_EQ(light_->cells(0).shed[static_cast<size_t>(ShedReason::kExpired)].Get(), 1u);
  EXPECT_EQ(light_->cells(0).rows.Get(), 0u);
}

struct ModelLimit {
  QueueLimits limits;
  ShedReason reason;
  std::string message;
};

// 8 rows wait and 3 more come, of 3 floats in and 2 out each.
TEST_F(TimeSliceTest, RefuseWhatOneModelsQueueHasNoRoomForAndTakeOthers) {
  const ModelLimit table[] = {
      {{.rows = 10}, ShedReason::kQueueRows, "11 rows with this request, want at most 10"},
      {{.bytes = 219}, ShedReason::kQueueBytes, "220 bytes with this request, want at most 219"},
      {{.wait = 8 * heavy_->cost().row - 1},
       ShedReason::kQueueTime,
       "ms of work before this request"}};
  for (const auto& [limits, reason, message] : table) {
    const auto bounded = Serve("bounded", clock_, 1, limits);
    Batcher batcher = MakeBatcher(0);
    const TestJob& taken = Add(batcher, *bounded, 8);
    TestJob& refused = MakeJob(*bounded, 3);
    EXPECT_THAT(batcher.Add(refused),
                StatusIs(absl::StatusCode::kResourceExhausted,
                         HasSubstr("the queue of model 'bounded' is full: ")));
    EXPECT_THAT(batcher.Add(refused).message(), HasSubstr(message));
    EXPECT_EQ(bounded->cells(0).shed[static_cast<size_t>(reason)].Get(), 2u) << message;
    EXPECT_EQ(bounded->cells(0).queue_rows.Get(), 8);
    const TestJob& other = Add(batcher, *light_, 300);
    batcher.Run();
    ExpectAnswered(taken);
    ExpectAnswered(other);
    EXPECT_THAT(batcher.Add(refused), IsOk()) << message;
    batcher.Run();
    ExpectAnswered(refused);
  }
}

TEST_F(TimeSliceTest, RefuseWhatTheQueueHasNoRoomFor) {
  Batcher batcher = MakeBatcher(0, {.rows = 10});
  Add(batcher, *light_, 8);
  TestJob& refused = MakeJob(*light_, 3);
  EXPECT_THAT(batcher.Add(refused),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "the queue is full: 11 rows with this request, want at most 10"));
  EXPECT_EQ(light_->cells(0).shed[static_cast<size_t>(ShedReason::kQueueRows)].Get(), 1u);
  EXPECT_EQ(light_->cells(0).queue_rows.Get(), 8);
  batcher.Run();
  EXPECT_EQ(refused.done(), 0);
  EXPECT_EQ(light_->cells(0).queue_rows.Get(), 0);
  EXPECT_THAT(batcher.Add(refused), IsOk());
  batcher.Run();
  ExpectAnswered(refused);
}

TEST_F(TimeSliceTest, TellWhetherThereIsRoomAndTakeNothing) {
  Batcher batcher = MakeBatcher(0, {.rows = 10});
  Add(batcher, *light_, 8);
  EXPECT_THAT(batcher.CheckRoom(MakeJob(*light_, 2).request), IsOk());
  EXPECT_THAT(batcher.CheckRoom(MakeJob(*light_, 3).request),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "the queue is full: 11 rows with this request, want at most 10"));
  EXPECT_EQ(light_->cells(0).shed[static_cast<size_t>(ShedReason::kQueueRows)].Get(), 1u);
  EXPECT_EQ(light_->cells(0).queue_rows.Get(), 8);
  batcher.Run();
  EXPECT_EQ(light_->cells(0).rows.Get(), 8u);
}

}  // namespace
}  // namespace hillock::scheduling
