// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace hillock::scheduling {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

constexpr Nanos kMs = 1'000'000;
constexpr Nanos kNow = 50 * kMs;
constexpr QueueLimits kLimits{.rows = 100, .bytes = 1000, .wait = 20 * kMs};
constexpr QueueLimits kModelLimits{.rows = 10, .bytes = 80, .wait = 2 * kMs + kMs / 4};

class AdmissionTest : public ::testing::Test {
 protected:
  // A model of which nothing waits unless the test says so.
  Admission::Verdict Verdict(const QueueLoad& load, Nanos deadline = kNoDeadline) const {
    return admission_.Check(load, {"m", of_model_, kModelLimits}, kNow, deadline);
  }
  absl::Status Check(const QueueLoad& load, Nanos deadline = kNoDeadline) const {
    return Verdict(load, deadline).status;
  }
  ShedReason Reason(const QueueLoad& load, Nanos deadline = kNoDeadline) const {
    return Verdict(load, deadline).reason;
  }

  // Work of the model itself, or of others.
  void EnterOwn(const QueueLoad& load) {
    of_model_ = load;
    admission_.Enter(load);
  }

  Admission admission_{kLimits};
  QueueLoad of_model_;
};

TEST_F(AdmissionTest, TakesAnythingIntoAnEmptyQueue) {
  EXPECT_THAT(Check({.rows = 5000, .bytes = 50000, .cost = 900 * kMs}), IsOk());
}

TEST_F(AdmissionTest, FillsTheQueueToItsLimits) {
  admission_.Enter({.rows = 60, .bytes = 600, .cost = 20 * kMs});
  EXPECT_THAT(Check({.rows = 40, .bytes = 400, .cost = 5 * kMs}), IsOk());
}

TEST_F(AdmissionTest, RefusesWhatGoesBeyond) {
  admission_.Enter({.rows = 60, .bytes = 600, .cost = 7 * kMs});
  EXPECT_THAT(Check({.rows = 41}),
              StatusIs(Code::kResourceExhausted,
                       "the queue is full: 101 rows with this request, want at most 100"));
  EXPECT_EQ(Reason({.rows = 41}), ShedReason::kQueueRows);
  EXPECT_THAT(Check({.rows = 1, .bytes = 401}),
              StatusIs(Code::kResourceExhausted,
                       "the queue is full: 1001 bytes with this request, want at most 1000"));
  EXPECT_EQ(Reason({.rows = 1, .bytes = 401}), ShedReason::kQueueBytes);
}

TEST_F(AdmissionTest, RefusesOnceTheWorkThatWaitsTakesTooLong) {
  admission_.Enter({.rows = 1, .cost = 21 * kMs});
  EXPECT_THAT(Check({.rows = 1}),
              StatusIs(Code::kResourceExhausted,
                       "the queue is full: 21 ms of work before this request, want at most 20"));
  EXPECT_EQ(Reason({.rows = 1}), ShedReason::kQueueTime);
}

TEST_F(AdmissionTest, TakesAnythingOfAModelOfWhichNothingWaits) {
  admission_.Enter({.rows = 60, .bytes = 600, .cost = 7 * kMs});
  EXPECT_THAT(Check({.rows = 40, .bytes = 400, .cost = 5 * kMs}), IsOk());
}

TEST_F(AdmissionTest, FillsAModelsPartToItsLimits) {
  EnterOwn({.rows = 6, .bytes = 40, .cost = 2 * kMs + kMs / 4});
  EXPECT_THAT(Check({.rows = 4, .bytes = 40}), IsOk());
}

TEST_F(AdmissionTest, RefusesWhatGoesBeyondAModelsPart) {
  EnterOwn({.rows = 6, .bytes = 40});
  EXPECT_THAT(Check({.rows = 5}), StatusIs(Code::kResourceExhausted,
                                           "the queue of model 'm' is full: 11 rows with this "
                                           "request, want at most 10"));
  EXPECT_EQ(Reason({.rows = 5}), ShedReason::kQueueRows);
  EXPECT_THAT(Check({.rows = 1, .bytes = 41}),
              StatusIs(Code::kResourceExhausted,
                       "the queue of model 'm' is full: 81 bytes with this request, want at most "
                       "80"));
  EXPECT_EQ(Reason({.rows = 1, .bytes = 41}), ShedReason::kQueueBytes);
}

TEST_F(AdmissionTest, RefusesOnceTheWorkThatWaitsOfAModelTakesTooLong) {
  EnterOwn({.rows = 1, .cost = 3 * kMs});
  EXPECT_THAT(Check({.rows = 1}),
              StatusIs(Code::kResourceExhausted,
                       "the queue of model 'm' is full: 3 ms of work before this "
                       "request, want at most 2.25"));
  EXPECT_EQ(Reason({.rows = 1}), ShedReason::kQueueTime);
}

TEST_F(AdmissionTest, NamesTheWholeQueueWhenThatIsFullToo) {
  EnterOwn({.rows = 100});
  EXPECT_THAT(Check({.rows = 1}),
              StatusIs(Code::kResourceExhausted, HasSubstr("the queue is full: 101 rows")));
}

TEST_F(AdmissionTest, AdvisesToComeBackWhenAllThatWaitsHasBeenWorkedOff) {
  admission_.Enter({.rows = 10, .cost = 6 * kMs});
  EnterOwn({.rows = 10, .cost = kMs});
  EXPECT_EQ(RetryPushback(Check({.rows = 1})), 7) << "others may have their turn first";
}

TEST_F(AdmissionTest, AdvisesToComeBackWhenTheQueueHasBeenWorkedOff) {
  admission_.Enter({.rows = 100, .cost = 7 * kMs});
  EXPECT_EQ(RetryPushback(Check({.rows = 1})), 7);
  EXPECT_EQ(RetryPushback(Check({.rows = 1}, kNow)), -1) << "a deadline is nothing to wait for";
  EXPECT_EQ(RetryPushback(absl::OkStatus()), -1);
}

TEST_F(AdmissionTest, RefusesADeadlineThatCannotBeMet) {
  admission_.Enter({.rows = 1, .cost = 7 * kMs});
  EXPECT_THAT(Check({.rows = 1, .cost = 3 * kMs}, kNow + 10 * kMs), IsOk());
  EXPECT_THAT(Check({.rows = 1, .cost = 3 * kMs}, kNow + 10 * kMs - 1),
              StatusIs(Code::kDeadlineExceeded, "10.0 ms are left, the answer would take 10.0"));
  EXPECT_THAT(Check({.rows = 1, .cost = 3 * kMs}, kNow - kMs),
              StatusIs(Code::kDeadlineExceeded, "0.0 ms are left, the answer would take 10.0"));
  EXPECT_EQ(Reason({.rows = 1}, kNow), ShedReason::kDeadline);
}

TEST_F(AdmissionTest, LearnsHowLongWorkReallyTakes) {
  admission_.Enter({.rows = 1, .cost = 10 * kMs});
  EXPECT_THAT(Check({.rows = 1}), IsOk());
  for (int i = 0; i < 100; ++i) admission_.Observe(3 * kMs, kMs);
  EXPECT_EQ(Reason({.rows = 1}), ShedReason::kQueueTime) << "10 ms of work take 30";
  for (int i = 0; i < 100; ++i) admission_.Observe(1, kMs);
  EXPECT_THAT(Check({.rows = 1}), IsOk());
}

TEST_F(AdmissionTest, ForgetsWhatLeaves) {
  const QueueLoad load{.rows = 100, .bytes = 1000, .cost = 30 * kMs};
  admission_.Enter(load);
  EXPECT_FALSE(Check({.rows = 1}).ok());
  admission_.Leave(load);
  EXPECT_THAT(Check({.rows = 1}), IsOk());
  EXPECT_EQ(admission_.waiting().cost, 0);
}

}  // namespace
}  // namespace hillock::scheduling
