// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/calls/unary_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <string_view>
#include <thread>

#include "server/rpc/control/calls/message.h"
#include "tests/support/status_matchers.h"
#include "tests/support/wire/fake_call.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::FakeCall;
using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Code = absl::StatusCode;

// Doubles a request; "bad" is an error.
absl::StatusOr<std::string> Double(std::string_view request) {
  if (request == "bad") return absl::NotFoundError("got 'bad'");
  return std::string(request) + std::string(request);
}

// What holds for every call, whether the function runs on the loop or on a worker.
class UnaryCallTest : public ::testing::TestWithParam<bool> {
 protected:
  void Open(FakeCall& call) { call.Open(UnaryCall::Open(call, Double, worker())); }
  Worker* worker() { return GetParam() ? &worker_ : nullptr; }

  transport::EventLoop loop_;
  Worker worker_;
};

INSTANTIATE_TEST_SUITE_P(LoopAndWorker, UnaryCallTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "OnAWorker" : "OnTheLoop"; });

TEST_P(UnaryCallTest, AnswersOneMessage) {
  FakeCall call(loop_);
  Open(call);
  call.SendAll("ab");
  call.AwaitEnd();
  EXPECT_THAT(call.received(), ElementsAre("abab"));
  EXPECT_THAT(*call.status(), IsOk());
}

TEST_P(UnaryCallTest, AnswersAnEmptyMessageEmptily) {
  FakeCall call(loop_);
  Open(call);
  call.SendAll("");
  call.AwaitEnd();
  EXPECT_THAT(call.received(), ElementsAre(""));
  EXPECT_THAT(*call.status(), IsOk());
}

TEST_P(UnaryCallTest, EndsWithTheErrorOfTheFunction) {
  FakeCall call(loop_);
  Open(call);
  call.SendAll("bad");
  call.AwaitEnd();
  EXPECT_THAT(call.received(), IsEmpty());
  EXPECT_THAT(*call.status(), StatusIs(Code::kNotFound, "got 'bad'"));
}

TEST_P(UnaryCallTest, WaitsForTheEndOfTheRequest) {
  FakeCall call(loop_);
  Open(call);
  call.Send("ab");
  loop_.Poll(0);
  EXPECT_TRUE(call.open());
  EXPECT_THAT(call.received(), IsEmpty());
}

TEST_P(UnaryCallTest, RefusesNoMessage) {
  FakeCall call(loop_);
  Open(call);
  call.HalfClose();
  EXPECT_THAT(*call.status(), StatusIs(Code::kInternal, "got no message, want one"));
}

TEST_P(UnaryCallTest, RefusesTwoMessages) {
  FakeCall call(loop_);
  Open(call);
  call.Send("a");
  call.Send("b");
  EXPECT_THAT(call.received(), IsEmpty());
  EXPECT_THAT(*call.status(), StatusIs(Code::kInternal, HasSubstr("second message")));
}

TEST_P(UnaryCallTest, RefusesWhatIsTooLargeForItsMethods) {
  for (const size_t excess : {0, 1}) {
    FakeCall call(loop_);
    Open(call);
    call.SendAll(std::string(kMaxControlRequestBytes + excess, 'a'));
    call.AwaitEnd();
    if (excess == 0) {
      EXPECT_THAT(*call.status(), IsOk());
    } else {
      EXPECT_THAT(*call.status(), StatusIs(Code::kResourceExhausted,
                                           "got a request of 65537 bytes, want at most 65536"));
    }
  }
}

TEST_P(UnaryCallTest, LeavesABrokenCallToTheTransport) {
  FakeCall call(loop_);
  Open(call);
  call.Send("a");
  call.Break(absl::InternalError("broken"));
  EXPECT_THAT(call.received(), IsEmpty());
  EXPECT_THAT(*call.status(), StatusIs(Code::kInternal, "broken"));
}

TEST_P(UnaryCallTest, MayBeLeftAtAnyMoment) {
  for (const int steps : {0, 1, 2, 3}) {
    FakeCall call(loop_);
    Open(call);
    if (steps >= 1) call.Send("a");
    if (steps >= 2) call.HalfClose();
    if (steps >= 3) loop_.Poll(0);
    call.Leave();
  }
  worker_.Stop();
  loop_.Poll(0);
}

TEST_P(UnaryCallTest, IsNotHurriedByADrain) {
  FakeCall call(loop_);
  Open(call);
  call.Send("a");
  call.Drain();
  call.HalfClose();
  call.AwaitEnd();
  EXPECT_THAT(call.received(), ElementsAre("aa"));
}

// Calls that meet a worker which is at another one.
class BusyWorkerTest : public ::testing::Test {
 protected:
  BusyWorkerTest() {
    first_.Open(UnaryCall::Open(
        first_,
        [this](std::string_view) {
          begun_.count_down();
          let_go_.wait();
          return std::string("first");
        },
        &worker_));
    first_.SendAll("");
    begun_.wait();
  }
  ~BusyWorkerTest() override {
    if (!let_go_.try_wait()) let_go_.count_down();
    worker_.Stop();
  }

  void Ask(FakeCall& call) {
    const auto count = [this](std::string_view request) {
      ++asked_;
      return std::string(request);
    };
    call.Open(UnaryCall::Open(call, count, &worker_));
    call.SendAll("x");
  }

  std::latch begun_{1}, let_go_{1};
  std::atomic<int> asked_{0};
  transport::EventLoop loop_;
  Worker worker_{1};
  FakeCall first_{loop_};
};

TEST_F(BusyWorkerTest, OneMoreWaitsAndTheNextIsRefused) {
  FakeCall second(loop_);
  Ask(second);
  FakeCall third(loop_);
  Ask(third);
  EXPECT_THAT(*third.status(), StatusIs(Code::kResourceExhausted, HasSubstr("want at most 1")));
  let_go_.count_down();
  second.AwaitEnd();
  EXPECT_THAT(second.received(), ElementsAre("x"));
  first_.AwaitEnd();
  EXPECT_THAT(first_.received(), ElementsAre("first"));
}

TEST_F(BusyWorkerTest, WhoHasLeftCostsNothing) {
  for (int i = 0; i < 1000; ++i) {
    FakeCall call(loop_);
    Ask(call);
    EXPECT_TRUE(call.open()) << "nobody before it waits";
  }
  let_go_.count_down();
  first_.AwaitEnd();
  worker_.Stop();
  EXPECT_EQ(asked_, 0);
}

TEST_F(BusyWorkerTest, TheAnswerToWhoHasLeftIsDropped) {
  first_.Leave();
  let_go_.count_down();
  worker_.Stop();
  loop_.Poll(0);
  EXPECT_THAT(first_.received(), IsEmpty());
}

TEST_F(BusyWorkerTest, StopAnswersWhoWaitsAtOnceAndWhoComesLater) {
  const auto kShuttingDown = StatusIs(Code::kUnavailable, "the server is shutting down");
  FakeCall waiting(loop_);
  Ask(waiting);
  std::thread stopper([this] { worker_.Stop(); });
  waiting.AwaitEnd();
  EXPECT_THAT(*waiting.status(), kShuttingDown);
  EXPECT_TRUE(first_.open());
  FakeCall later(loop_);
  Ask(later);
  EXPECT_THAT(*later.status(), kShuttingDown);
  let_go_.count_down();
  first_.AwaitEnd();
  EXPECT_THAT(first_.received(), ElementsAre("first"));
  stopper.join();
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace hillock::rpc
