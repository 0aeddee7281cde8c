// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/job_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "server/scheduling/block.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"

namespace hillock::scheduling {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NoCompletion final : public Completion {
  void Done(const absl::Status&, Nanos) override { FAIL() << "nothing is run here"; }
};

class JobQueueTest : public ::testing::Test {
 protected:
  Job& Push(lifecycle::ServedModel& model, size_t rows, Nanos deadline = kNoDeadline) {
    Job& job = jobs_.emplace_back(completion_);
    job.request.model = &model;
    job.request.rows = rows;
    job.request.deadline = deadline;
    job.progress.Start(rows);
    queue_.Push(job);
    return job;
  }
  std::shared_ptr<lifecycle::ServedModel> Serve(const char* name) {
    return *lifecycle::ModelCompiler(1, registry_, clock_)
                .Compile(name, 1, testing::MlpBuilder(1).Add(1, "relu").Share(), {});
  }

  testing::FakeClock clock_;
  metrics::Registry registry_{1, {}};
  const std::shared_ptr<lifecycle::ServedModel> cats_ = Serve("cats");
  const std::shared_ptr<lifecycle::ServedModel> dogs_ = Serve("dogs");
  NoCompletion completion_;
  std::deque<Job> jobs_;
  JobQueue queue_;
  std::vector<Job*> batch_;
};

TEST_F(JobQueueTest, FindsTheJobThatIsDueFirst) {
  EXPECT_EQ(queue_.Soonest(), nullptr);
  Push(*cats_, 1, 300);
  const Job& soonest = Push(*dogs_, 1, 200);
  Push(*cats_, 1, 200);
  EXPECT_EQ(queue_.Soonest(), &soonest) << "of equal ones the one in front";
}

TEST_F(JobQueueTest, CountsTheRowsThatWaitByModel) {
  Push(*cats_, 5).progress.Take(2);
  Push(*dogs_, 100);
  Push(*cats_, 7);
  EXPECT_EQ(queue_.RowsOf(*cats_), 10u);
  EXPECT_EQ(queue_.RowsOf(*dogs_), 100u);
}

TEST_F(JobQueueTest, MovesTheJobsOfAModelInOrder) {
  Job& first = Push(*cats_, 1);
  Push(*dogs_, 1);
  Job& last = Push(*cats_, 1);
  queue_.MoveTo(batch_, *cats_);
  EXPECT_THAT(batch_, ElementsAre(&first, &last));
  ASSERT_EQ(queue_.size(), 1u);
  EXPECT_EQ(&queue_.ModelOf(0), dogs_.get());
}

TEST_F(JobQueueTest, PutsBackToTheFront) {
  Push(*dogs_, 1);
  Job& job = Push(*cats_, 1);
  queue_.MoveTo(batch_, *cats_);
  queue_.PutBack(batch_);
  EXPECT_THAT(batch_, IsEmpty());
  EXPECT_EQ(queue_.Soonest(), &job);
}

TEST_F(JobQueueTest, RemovesOnlyWhatIsInIt) {
  const Job& job = Push(*cats_, 1);
  EXPECT_TRUE(queue_.Remove(job));
  EXPECT_FALSE(queue_.Remove(job));
  EXPECT_EQ(queue_.Soonest(), nullptr);
}

TEST_F(JobQueueTest, FillsBlocksFromTheFrontOfABatch) {
  Job& first = Push(*cats_, 5);
  Job& second = Push(*cats_, 10, 700);
  queue_.MoveTo(batch_, *cats_);
  Block block;
  FillBlock(block, *cats_, batch_, 8);
  EXPECT_EQ(block.rows, 8u);
  EXPECT_EQ(block.due, first.request.due());
  ASSERT_EQ(block.segments.size(), 2u);
  EXPECT_EQ(block.segments[1].job, &second);
  EXPECT_EQ(block.segments[1].first, 0u);
  EXPECT_EQ(block.segments[1].rows, 3u);
  EXPECT_THAT(batch_, ElementsAre(&second));
  FillBlock(block, *cats_, batch_, 8);
  EXPECT_EQ(block.rows, 7u);
  EXPECT_EQ(block.due, 700);
  EXPECT_EQ(block.segments[0].first, 3u);
  EXPECT_THAT(batch_, IsEmpty());
}

}  // namespace
}  // namespace hillock::scheduling
