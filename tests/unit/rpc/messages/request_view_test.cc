// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/request_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/inference.pb.h"
#include "tests/support/allocations.h"
#include "tests/support/is_view_of.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/rpc/messages/request_bytes.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::AllocationMeter;
using ::hillock::testing::IsOk;
using ::hillock::testing::IsViewOf;
using ::hillock::testing::Random;
using inference::ModelInferRequest;

TEST_F(RequestViewTest, ShowsWhatTheMessageHas) {
  for (const ModelInferRequest& request : Requests()) {
    const std::string bytes = request.SerializeAsString();
    ASSERT_THAT(Read(bytes), IsOk()) << request.ShortDebugString();
    EXPECT_TRUE(IsViewOf(view_, request)) << request.ShortDebugString();
  }
}

TEST_F(RequestViewTest, PointsIntoTheBytes) {
  const std::string raw = Raw().SerializeAsString();
  ASSERT_THAT(Read(raw), IsOk());
  EXPECT_EQ(view_.raw_contents[0].data(), raw.data() + raw.find("\x99\x99"));
  const std::string typed = Typed().SerializeAsString();
  ASSERT_THAT(Read(typed), IsOk());
  const std::string_view floats = view_.inputs[0].run;
  EXPECT_EQ(floats.size(), 9 * sizeof(float));
  EXPECT_GE(floats.data(), typed.data());
  EXPECT_LE(floats.data() + floats.size(), typed.data() + typed.size());
}

TEST_F(RequestViewTest, ReplacesWhatItHeld) {
  const std::string full = EveryContents().SerializeAsString();
  ASSERT_THAT(Read(full), IsOk());
  ASSERT_THAT(Read(""), IsOk());
  EXPECT_TRUE(IsViewOf(view_, ModelInferRequest()));
}

TEST_F(RequestViewTest, ReadsEveryEncodingAsProtobufDoes) {
  for (const std::string& field : kFields) EXPECT_TRUE(ReadsRight(field)) << Quoted(field);
  for (const std::string& contents : kContents) {
    EXPECT_TRUE(ReadsRight(Field('\x2a', Field('\x2a', contents)))) << Quoted(contents);
  }
}

TEST_F(RequestViewTest, TakesFieldsInAnyOrderAndEncoding) {
  Random random(1);
  for (size_t i = 0; i < kAnyTimes; ++i) {
    const std::string bytes = AnyFields(random);
    EXPECT_TRUE(ReadsRight(bytes)) << Quoted(bytes);
  }
}

TEST_F(RequestViewTest, FindsARunOnlyWhereElementsLieTogether) {
  const auto read = [&](const std::string& contents) -> const InputView& {
    bytes_ = Field('\x2a', contents);
    EXPECT_THAT(Read(bytes_), IsOk()) << Quoted(contents);
    return view_.inputs[0];
  };
  const std::string empty = Field('\x32', "");
  const std::string four = Field('\x32', "abcd");
  EXPECT_EQ(read(Field('\x2a', empty + four + empty)).run, "abcd");
  EXPECT_EQ(read(Field('\x2a',
                       "\x35"
                       "abcd"))
                .run,
            "abcd");
  EXPECT_EQ(read(Field('\x2a', "") + Field('\x2a', four)).run, "abcd");
  EXPECT_EQ(read(Field('\x2a', four + four)).run, "");
  EXPECT_EQ(read(Field('\x2a', four + four)).elements, 2u);
  EXPECT_EQ(read(Field('\x2a', four) + Field('\x2a', four) + Field('\x2a', four)).elements, 3u);
  EXPECT_EQ(view_.inputs[0].run, "");
}

std::string Groups(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += "\x4b";
  for (size_t i = 0; i < count; ++i) bytes += "\x4c";
  return bytes;
}

TEST_F(RequestViewTest, TakesGroupsAsDeepAsProtobufDoes) {
  const auto in_contents = [](const std::string& bytes) {
    return Field('\x2a', Field('\x2a', bytes));
  };
  const auto in_parameter = [](const std::string& bytes) {
    return Field('\x32', Field('\x12', Field('\x12', bytes)));
  };
  EXPECT_TRUE(ReadsRight(Groups(100)));
  EXPECT_FALSE(ReadsRight(Groups(101)));
  EXPECT_TRUE(ReadsRight(Field('\x2a', Groups(99))));
  EXPECT_FALSE(ReadsRight(Field('\x2a', Groups(100))));
  EXPECT_TRUE(ReadsRight(in_contents(Groups(98))));
  EXPECT_FALSE(ReadsRight(in_contents(Groups(99))));
  EXPECT_TRUE(ReadsRight(in_parameter(Groups(97))));
  EXPECT_FALSE(ReadsRight(in_parameter(Groups(98))));
}

// Elements of one field that follow each other are as many as their bytes allow.
TEST_F(RequestViewTest, TakesAnyNumberOfElements) {
  constexpr size_t kCount = 100'000;
  for (const std::string& one : {"\x35"
                                 "abcd"s,
                                 "\x42\x00"s, "\x08\x01"s,
                                 "\x39"
                                 "12345678"s}) {
    std::string contents;
    for (size_t i = 0; i < kCount; ++i) contents += one;
    EXPECT_TRUE(ReadsRight(Field('\x2a', Field('\x2a', contents)))) << Quoted(one);
    ASSERT_EQ(view_.inputs.size(), 1u);
    EXPECT_EQ(view_.inputs[0].elements, kCount);
  }
}

TEST_F(RequestViewTest, AllocatesNothingOnceItHasRead) {
  std::vector<std::string> all;
  for (const ModelInferRequest& request : Requests()) all.push_back(request.SerializeAsString());
  for (const std::string& bytes : all) ASSERT_THAT(Read(bytes), IsOk());
  const AllocationMeter meter;
  for (const std::string& bytes : all) ASSERT_TRUE(Read(bytes).ok());
  EXPECT_EQ(meter.count(), 0u) << "the largest of " << meter.largest() << " bytes";
}

}  // namespace
}  // namespace hillock::rpc
