// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/reflection_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proto/inference.pb.h"
#include "server/rpc/control/calls/message.h"
#include "tests/support/status_matchers.h"
#include "tests/support/wire/fake_call.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::FakeCall;
using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Code = absl::StatusCode;

std::string AskFor(const std::string& symbol) {
  Reflection::Request request;
  request.set_file_containing_symbol(symbol);
  return request.SerializeAsString();
}

class ReflectionCallTest : public ::testing::Test {
 protected:
  ReflectionCallTest() { call_.Open(ReflectionCall::Open(call_, reflection_)); }

  transport::EventLoop loop_;
  const Reflection reflection_{{inference::ModelInferRequest::descriptor()->file()}};
  FakeCall call_{loop_};
};

TEST_F(ReflectionCallTest, AnswersEachRequestUntilTheClientHalfCloses) {
  call_.Send(AskFor("inference.ModelInferRequest"));
  EXPECT_THAT(call_.received(), SizeIs(1));
  call_.Send(AskFor("nobody"));
  ASSERT_THAT(call_.received(), SizeIs(2));
  Reflection::Response response;
  ASSERT_TRUE(response.ParseFromString(call_.received()[1]));
  EXPECT_EQ(response.error_response().error_message(), "unknown symbol 'nobody'");
  EXPECT_TRUE(call_.open());
  call_.HalfClose();
  EXPECT_THAT(*call_.status(), IsOk());
}

TEST_F(ReflectionCallTest, MayEndWithoutARequest) {
  call_.HalfClose();
  EXPECT_THAT(call_.received(), IsEmpty());
  EXPECT_THAT(*call_.status(), IsOk());
}

TEST_F(ReflectionCallTest, EndsAtGarbage) {
  call_.Send(AskFor("inference.ModelInferRequest"));
  call_.Send("\x22\x7f");
  EXPECT_THAT(call_.received(), SizeIs(1));
  EXPECT_THAT(*call_.status(), StatusIs(Code::kInvalidArgument,
                                        "got 2 bytes that are no "
                                        "grpc.reflection.v1.ServerReflectionRequest"));
}

TEST_F(ReflectionCallTest, EndsAtATooLargeRequest) {
  call_.Send(std::string(kMaxControlRequestBytes + 1, '\0'));
  EXPECT_THAT(*call_.status(), StatusIs(Code::kResourceExhausted, HasSubstr("65537 bytes")));
}

TEST_F(ReflectionCallTest, LeavesABrokenCallToTheTransport) {
  call_.Break(absl::InternalError("broken"));
  EXPECT_THAT(*call_.status(), StatusIs(Code::kInternal, "broken"));
}

TEST_F(ReflectionCallTest, EndsWhenTheServerDrains) {
  call_.Send(AskFor("inference.ModelInferRequest"));
  call_.Drain();
  EXPECT_THAT(call_.received(), SizeIs(1));
  EXPECT_THAT(*call_.status(), StatusIs(Code::kUnavailable, "the server is shutting down"));
}

TEST_F(ReflectionCallTest, HoldsBackWhoDoesNotRead) {
  call_.StopReading();
  size_t asked = 0;
  for (; !call_.paused(); ++asked) {
    ASSERT_LT(asked, 1000u);
    call_.Send(AskFor("inference.ModelInferRequest"));
  }
  EXPECT_GT(call_.unsent_bytes(), ReflectionCall::kMaxUnsentBytes);
  EXPECT_LT(call_.unsent_bytes(), 2 * ReflectionCall::kMaxUnsentBytes);
  call_.ReadAll();
  EXPECT_FALSE(call_.paused());
  EXPECT_THAT(call_.received(), SizeIs(asked));
  call_.Send(AskFor("inference.ModelInferRequest"));
  EXPECT_THAT(call_.received(), SizeIs(asked + 1));
}

TEST_F(ReflectionCallTest, EndsAfterWhatHasNotBeenRead) {
  call_.StopReading();
  call_.Send(AskFor("inference.ModelInferRequest"));
  call_.HalfClose();
  EXPECT_TRUE(call_.open());
  call_.Drain();
  call_.ReadAll();
  EXPECT_THAT(call_.received(), SizeIs(1));
  EXPECT_THAT(*call_.status(), IsOk());
}

}  // namespace
}  // namespace hillock::rpc
