// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "server/core/engine/buckets.h"
#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/scheduling/test_job.h"

namespace hillock::scheduling {
namespace {

using ::hillock::testing::Evaluate;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::testing::Each;
using ::testing::ElementsAre;

// A served model, and what it was made of.
class ReferenceModel {
 public:
  ReferenceModel(const std::string& name, std::shared_ptr<const model::Mlp> mlp,
                 metrics::Registry& registry)
      : mlp_(std::move(mlp)),
        served_(
            *lifecycle::ModelCompiler(1, registry, Clock::Monotonic()).Compile(name, 1, mlp_, {})) {
  }

  lifecycle::ServedModel& served() { return *served_; }

  // The job has, for each of its rows, the answer that the reference gives.
  void ExpectAnswered(const TestJob& job) const {
    EXPECT_EQ(job.done(), 1);
    EXPECT_THAT(job.status(), IsOk());
    for (size_t output = 0; output < mlp_->outputs.size(); ++output) {
      ExpectAnswered(job, output);
    }
  }

  void ExpectAnswered(const TestJob& job, size_t output) const {
    const auto answers = job.Answers(output);
    for (size_t row = 0; row < job.rows(); ++row) {
      const auto want = Evaluate(*mlp_, job.Row(row), /*fallback_only=*/false, output);
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_NEAR(answers[row * want.size() + i], want[i].value, want[i].error)
            << "row " << row << " of " << job.rows() << ", output " << output << ", column " << i;
      }
    }
  }

 private:
  std::shared_ptr<const model::Mlp> mlp_;
  std::shared_ptr<lifecycle::ServedModel> served_;
};

class BatcherTest : public ::testing::Test {
 protected:
  // A job that has been added.
  TestJob& Add(ReferenceModel& model, size_t rows) {
    TestJob& job = jobs_.emplace_back(model.served(), rows, static_cast<uint32_t>(jobs_.size()));
    const size_t number = jobs_.size() - 1;
    job.Then([this, number](TestJob&) { order_.push_back(number); });
    EXPECT_THAT(batcher_.Add(job), IsOk());
    return job;
  }

  uint64_t BatchesOf(ReferenceModel& model) {
    uint64_t batches = 0;
    for (size_t i = 0; i <= metrics::RowScale::kBounds; ++i) {
      batches += model.served().cells(0).batch_rows.Bucket(i);
    }
    return batches;
  }

  metrics::Registry registry_{1, {}};
  ReferenceModel cats_{"cats", MlpBuilder(3, 1).Add(8, "tanh").Add(2, "softmax").Share(),
                       registry_};
  ReferenceModel dogs_{"dogs", MlpBuilder(5, 2).Add(1, "sigmoid").Normalized().Share(), registry_};
  SharedWorkQueue shared_work_;
  Batcher batcher_{{}, shared_work_, registry_.reactor(0), Clock::Monotonic()};
  std::deque<TestJob> jobs_;
  std::vector<size_t> order_;  // numbers of the jobs done
};

TEST_F(BatcherTest, DoesNothingWithoutJobs) {
  batcher_.Run();
  EXPECT_EQ(BatchesOf(cats_), 0u);
}

TEST_F(BatcherTest, AnswersOneRow) {
  const TestJob& job = Add(cats_, 1);
  EXPECT_EQ(job.done(), 0) << "before Run";
  batcher_.Run();
  cats_.ExpectAnswered(job);
}

TEST_F(BatcherTest, RunsJobsOfOneModelTogether) {
  for (const size_t rows : {1u, 7u, 3u}) Add(cats_, rows);
  batcher_.Run();
  for (const TestJob& job : jobs_) cats_.ExpectAnswered(job);
  EXPECT_EQ(BatchesOf(cats_), 1u);
  EXPECT_EQ(cats_.served().cells(0).rows.Get(), 11u);
  EXPECT_THAT(order_, ElementsAre(0, 1, 2));
}

TEST_F(BatcherTest, RunsModelsSeparately) {
  for (const size_t rows : {2u, 5u, 1u}) {
    Add(cats_, rows);
    Add(dogs_, rows + 1);
  }
  batcher_.Run();
  for (size_t i = 0; i < jobs_.size(); ++i) (i % 2 == 0 ? cats_ : dogs_).ExpectAnswered(jobs_[i]);
  EXPECT_EQ(BatchesOf(cats_), 1u);
  EXPECT_EQ(BatchesOf(dogs_), 1u);
  EXPECT_THAT(order_, ElementsAre(0, 2, 4, 1, 3, 5));
}

TEST_F(BatcherTest, FillsABatchToTheLastRow) {
  Add(cats_, 100);
  Add(cats_, engine::kMaxRows - 100);
  batcher_.Run();
  for (const TestJob& job : jobs_) cats_.ExpectAnswered(job);
  EXPECT_EQ(BatchesOf(cats_), 1u);
}

TEST_F(BatcherTest, SpreadsAJobThatDoesNotFit) {
  Add(cats_, 600);
  batcher_.Run();
  cats_.ExpectAnswered(jobs_[0]);
  EXPECT_EQ(BatchesOf(cats_), 3u);
  EXPECT_EQ(cats_.served().cells(0).rows.Get(), 600u);
}

TEST_F(BatcherTest, SpreadsJobsOverBatchesWhoseSeamsFallWithinThem) {
  for (const size_t rows : {200u, 100u, 1u, 300u, 256u, 40u}) Add(cats_, rows);
  Add(dogs_, 257);
  batcher_.Run();
  for (size_t i = 0; i < 6; ++i) cats_.ExpectAnswered(jobs_[i]);
  dogs_.ExpectAnswered(jobs_[6]);
  EXPECT_EQ(BatchesOf(cats_), 4u);
  EXPECT_EQ(BatchesOf(dogs_), 2u);
  EXPECT_THAT(order_, ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

// A job is cut at multiples of a block alone, so it has the same answers whatever runs beside it.
TEST_F(BatcherTest, KeepsJobsTogetherWhereTheModelReadsWholeRequests) {
  ReferenceModel model("quantized",
                       MlpBuilder(4).Add(model::DynamicQuantize{}, {0}, 4).Add(3, "relu").Share(),
                       registry_);
  TestJob& alone = Add(model, 300);
  batcher_.Run();
  EXPECT_EQ(BatchesOf(model), 2u);
  TestJob among(model.served(), 300, /*seed=*/0);
  Add(model, 200);
  ASSERT_THAT(batcher_.Add(among), IsOk());
  Add(model, 100);
  batcher_.Run();
  EXPECT_EQ(BatchesOf(model), 2u + 3u) << "200; 256; 44 and 100";
  EXPECT_EQ(among.Answers(), alone.Answers());
}

TEST_F(BatcherTest, AnswersWithEveryOutputThatIsWanted) {
  ReferenceModel heads("heads",
                       MlpBuilder(4)
                           .Add(6, "relu")
                           .Output("embedding")
                           .Add(3, "softmax")
                           .Output("policy")
                           .From(1)
                           .Add(1, "tanh")
                           .Output("value")
                           .Share(),
                       registry_);
  for (const size_t rows : {3u, 300u, 1u}) Add(heads, rows);
  TestJob& partial = jobs_.emplace_back(heads.served(), 5, 9);
  partial.Skip(1);
  EXPECT_THAT(batcher_.Add(partial), IsOk());
  batcher_.Run();
  for (size_t i = 0; i < 3; ++i) heads.ExpectAnswered(jobs_[i]);
  heads.ExpectAnswered(partial, 0);
  heads.ExpectAnswered(partial, 2);
  EXPECT_THAT(partial.Answers(1), Each(0.0f)) << "nobody wanted it";
}

TEST_F(BatcherTest, StartsAfreshWithEveryRun) {
  for (int run = 0; run < 3; ++run) {
    Add(cats_, 10);
    Add(dogs_, 20);
    batcher_.Run();
  }
  for (const TestJob& job : jobs_) EXPECT_EQ(job.done(), 1);
  EXPECT_EQ(BatchesOf(cats_), 3u);
}

// Done() ends a job: its owner may reuse it or let it go at once.
TEST_F(BatcherTest, ForgetsAJobOnceItIsDone) {
  TestJob& job = Add(cats_, 300);
  job.Then([this](TestJob& done) { done.request.model = &dogs_.served(); });
  batcher_.Run();
  EXPECT_EQ(job.done(), 1);
}

TEST_F(BatcherTest, ForgetsAJobThatIsDoneBeforeItsModelIs) {
  TestJob& first = Add(cats_, engine::kMaxRows);
  TestJob& second = Add(cats_, 1);
  bool reused = false;
  first.Then([&](TestJob& done) {
    if (std::exchange(reused, true)) return;
    done.request.model = &dogs_.served();
    done.request.rows = 1;
  });
  batcher_.Run();
  EXPECT_EQ(first.done(), 1);
  EXPECT_EQ(second.done(), 1);
}

}  // namespace
}  // namespace hillock::scheduling
