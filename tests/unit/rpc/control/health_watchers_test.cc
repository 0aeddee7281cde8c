// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/health_watchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/rpc/control/calls/message.h"
#include "tests/support/status_matchers.h"
#include "tests/support/wire/fake_call.h"
#include "tests/unit/rpc/served_pets.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::FakeCall;
using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Code = absl::StatusCode;
using grpc::health::v1::HealthCheckResponse;

constexpr auto kServing = HealthCheckResponse::SERVING;
constexpr auto kNotServing = HealthCheckResponse::NOT_SERVING;
constexpr auto kUnknown = HealthCheckResponse::SERVICE_UNKNOWN;

class HealthWatchersTest : public ::testing::Test {
 protected:
  HealthWatchersTest() {
    PublishCat();
    readiness_.SetStarted();
  }

  void PublishCat() { pets_.Publish({pets_.Served("cat", 1)}); }

  void Ask(FakeCall& call, const std::string& service) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    call.Open(watchers_.Open(call));
    call.SendAll(request.SerializeAsString());
  }

  static std::vector<ServingStatus> Heard(const FakeCall& call) {
    std::vector<ServingStatus> heard;
    for (const std::string& bytes : call.received()) {
      HealthCheckResponse response;
      EXPECT_TRUE(response.ParseFromString(bytes));
      heard.push_back(response.status());
    }
    return heard;
  }

  transport::EventLoop loop_;
  ServedPets pets_;
  lifecycle::Readiness readiness_{lifecycle::ReadinessRule::kAll, /*callers_decide=*/false};
  const HealthService health_{pets_.catalogs(), readiness_};
  HealthWatchers watchers_{health_};
};

TEST_F(HealthWatchersTest, TellTheStatusAtOnce) {
  struct Expectation {
    const char* service;
    ServingStatus status;
  };
  for (const auto& [service, status] :
       {Expectation{"", kServing}, Expectation{"inference.GRPCInferenceService", kServing},
        Expectation{"cat", kServing}, Expectation{"dog", kUnknown}}) {
    FakeCall call(loop_);
    Ask(call, service);
    EXPECT_THAT(Heard(call), ElementsAre(status)) << service;
    EXPECT_TRUE(call.open()) << service;
  }
}

TEST_F(HealthWatchersTest, TellChangesAndNothingElse) {
  FakeCall cat(loop_), dog(loop_), server(loop_);
  Ask(cat, "cat");
  Ask(dog, "dog");
  Ask(server, "");
  watchers_.Update();
  pets_.Publish({pets_.Served("cat", 2)});
  watchers_.Update();
  pets_.Publish({{"cat", 2, absl::DataLossError("bad")}, pets_.Served("dog", 1)});
  watchers_.Update();
  watchers_.Update();
  PublishCat();
  watchers_.Update();
  EXPECT_THAT(Heard(cat), ElementsAre(kServing, kNotServing, kServing));
  EXPECT_THAT(Heard(dog), ElementsAre(kUnknown, kServing, kUnknown));
  EXPECT_THAT(Heard(server), ElementsAre(kServing));
}

TEST_F(HealthWatchersTest, TellWhatChangedBetweenTwoWatches) {
  FakeCall early(loop_), late(loop_);
  Ask(early, "cat");
  pets_.Publish({});
  Ask(late, "cat");
  watchers_.Update();
  EXPECT_THAT(Heard(early), ElementsAre(kServing, kUnknown));
  EXPECT_THAT(Heard(late), ElementsAre(kUnknown));
}

TEST_F(HealthWatchersTest, HearThatTheServerDrainsAndEndWhenItDoes) {
  FakeCall cat(loop_), server(loop_);
  Ask(cat, "cat");
  Ask(server, "");
  readiness_.SetDraining();
  watchers_.Update();
  for (FakeCall* call : {&cat, &server}) {
    EXPECT_THAT(Heard(*call), ElementsAre(kServing, kNotServing));
    EXPECT_TRUE(call->open());
    call->Drain();
    EXPECT_THAT(Heard(*call), ElementsAre(kServing, kNotServing));
    EXPECT_THAT(*call->status(), IsOk());
  }
}

TEST_F(HealthWatchersTest, HearOfTheDrainFromItAtTheLatest) {
  FakeCall call(loop_);
  Ask(call, "cat");
  readiness_.SetDraining();
  call.Drain();
  EXPECT_THAT(Heard(call), ElementsAre(kServing, kNotServing));
  EXPECT_THAT(*call.status(), IsOk());
}

TEST_F(HealthWatchersTest, EndWithoutAWordWhenNothingWasAskedBeforeTheDrain) {
  FakeCall call(loop_);
  call.Open(watchers_.Open(call));
  call.Drain();
  EXPECT_THAT(call.received(), IsEmpty());
  EXPECT_THAT(*call.status(), IsOk());
}

TEST_F(HealthWatchersTest, KeepOnlyTheNewestStatusForWhoDoesNotRead) {
  FakeCall call(loop_);
  call.StopReading();
  Ask(call, "cat");
  const size_t unsent = call.unsent_bytes();
  EXPECT_GT(unsent, 0u);
  for (int i = 0; i < 1000; ++i) {
    pets_.Publish({});
    watchers_.Update();
    PublishCat();
    watchers_.Update();
  }
  pets_.Publish({});
  watchers_.Update();
  EXPECT_EQ(call.unsent_bytes(), unsent);
  call.ReadAll();
  EXPECT_THAT(Heard(call), ElementsAre(kServing, kUnknown));
}

TEST_F(HealthWatchersTest, SayNothingTwiceToWhoReadsLate) {
  FakeCall call(loop_);
  call.StopReading();
  Ask(call, "cat");
  pets_.Publish({});
  watchers_.Update();
  PublishCat();
  watchers_.Update();
  call.ReadAll();
  EXPECT_THAT(Heard(call), ElementsAre(kServing)) << "it serves again";
}

TEST_F(HealthWatchersTest, TellWhoDoesNotReadOnceMoreWhenTheServerDrains) {
  FakeCall call(loop_);
  call.StopReading();
  Ask(call, "cat");
  readiness_.SetDraining();
  watchers_.Update();
  call.Drain();
  watchers_.Update();
  call.Drain();
  EXPECT_TRUE(call.open()) << "its status has not left";
  call.ReadAll();
  EXPECT_THAT(Heard(call), ElementsAre(kServing, kNotServing));
  EXPECT_THAT(*call.status(), IsOk());
}

TEST_F(HealthWatchersTest, AreAsManyAsComeAndLeaveInAnyOrder) {
  std::vector<std::unique_ptr<FakeCall>> calls;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(std::make_unique<FakeCall>(loop_));
    Ask(*calls.back(), i % 2 == 0 ? "cat" : "");
  }
  for (size_t i = 0; i < calls.size(); i += 3) calls[i]->Leave();
  readiness_.SetDraining();
  watchers_.Update();
  for (size_t i = 0; i < calls.size(); ++i) {
    if (i % 3 == 0) {
      EXPECT_THAT(Heard(*calls[i]), ElementsAre(kServing)) << i;
    } else {
      EXPECT_THAT(Heard(*calls[i]), ElementsAre(kServing, kNotServing)) << i;
    }
  }
}

TEST_F(HealthWatchersTest, MayAskForAVeryLongName) {
  FakeCall call(loop_);
  Ask(call, std::string(60'000, 'c'));
  watchers_.Update();
  EXPECT_THAT(Heard(call), ElementsAre(kUnknown));
}

TEST_F(HealthWatchersTest, AreRefusedWithoutOneSoundRequest) {
  const std::string invalid_utf8 = "\x0a\x02\xff\xfe";
  for (const std::string& garbage :
       {std::string("\x0a\x05zz"), std::string("\xff"), invalid_utf8}) {
    FakeCall call(loop_);
    call.Open(watchers_.Open(call));
    call.SendAll(garbage);
    EXPECT_THAT(*call.status(),
                StatusIs(Code::kInvalidArgument, HasSubstr("no grpc.health.v1.HealthCheckRequest")))
        << ::testing::PrintToString(garbage);
  }
  FakeCall none(loop_);
  none.Open(watchers_.Open(none));
  none.HalfClose();
  EXPECT_THAT(*none.status(), StatusIs(Code::kInternal, "got no message, want one"));
  FakeCall two(loop_);
  two.Open(watchers_.Open(two));
  two.Send("");
  two.Send("");
  EXPECT_THAT(*two.status(), StatusIs(Code::kInternal, HasSubstr("second message")));
  FakeCall large(loop_);
  large.Open(watchers_.Open(large));
  large.Send(std::string(kMaxControlRequestBytes + 1, '\0'));
  EXPECT_THAT(*large.status(), StatusIs(Code::kResourceExhausted, HasSubstr("65537 bytes")));
  watchers_.Update();
}

}  // namespace
}  // namespace hillock::rpc
