// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/job.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace hillock::scheduling {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using Code = absl::StatusCode;

TEST(JobRequest, IsDueByItsDeadlineOrWhenItsPatienceEnds) {
  JobRequest request;
  request.arrived = 1000;
  EXPECT_EQ(request.due(), 1000 + JobRequest::kPatience);
  request.deadline = 2000;
  EXPECT_EQ(request.due(), 2000);
  request.deadline = 1001 + JobRequest::kPatience;
  EXPECT_EQ(request.due(), 1000 + JobRequest::kPatience);
}

class JobProgressTest : public ::testing::Test {
 protected:
  JobProgressTest() { progress_.Start(10); }

  JobProgress progress_;
};

TEST_F(JobProgressTest, TakesRowsInOrder) {
  EXPECT_FALSE(progress_.has_begun());
  EXPECT_EQ(progress_.Take(4), 0u);
  EXPECT_EQ(progress_.Take(5), 4u);
  EXPECT_EQ(progress_.waiting(), 1u);
  EXPECT_TRUE(progress_.has_begun());
}

TEST_F(JobProgressTest, IsDoneWithTheLastRowWhateverTheOrder) {
  progress_.Take(4);
  progress_.Take(6);
  EXPECT_FALSE(progress_.Finish(6, 200, absl::OkStatus()));
  EXPECT_TRUE(progress_.Finish(4, 100, absl::OkStatus()));
  EXPECT_EQ(progress_.started(), 100) << "the block that started first, not the first to end";
  EXPECT_THAT(progress_.status(), IsOk());
}

TEST_F(JobProgressTest, KeepsTheFirstError) {
  progress_.Take(4);
  progress_.Take(6);
  progress_.Finish(4, 100, absl::InternalError("one"));
  EXPECT_TRUE(progress_.Finish(6, 100, absl::UnknownError("other")));
  EXPECT_THAT(progress_.status(), StatusIs(Code::kInternal, "one"));
}

TEST_F(JobProgressTest, IsDoneAtOnceWhenItIsDroppedBeforeItHasBegun) {
  EXPECT_TRUE(progress_.Drop(absl::CancelledError("gone"), 300));
  EXPECT_EQ(progress_.started(), 300);
  EXPECT_EQ(progress_.waiting(), 0u);
  EXPECT_THAT(progress_.status(), StatusIs(Code::kCancelled, "gone"));
}

TEST_F(JobProgressTest, IsDoneWithItsBlocksWhenTheRestIsDropped) {
  progress_.Take(4);
  EXPECT_FALSE(progress_.Drop(absl::CancelledError("gone"), 300));
  EXPECT_TRUE(progress_.Finish(4, 200, absl::OkStatus()));
  EXPECT_EQ(progress_.started(), 200);
  EXPECT_THAT(progress_.status(), StatusIs(Code::kCancelled, "gone"));
}

TEST_F(JobProgressTest, StartsAfresh) {
  progress_.Drop(absl::CancelledError("gone"), 300);
  progress_.Start(3);
  EXPECT_EQ(progress_.waiting(), 3u);
  EXPECT_FALSE(progress_.has_begun());
  EXPECT_THAT(progress_.status(), IsOk());
}

}  // namespace
}  // namespace hillock::scheduling
