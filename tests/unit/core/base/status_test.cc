// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/support/status_matchers.h"

namespace hillock {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::StatusIs;
using ::testing::Pointee;

TEST(Annotate, PutsTheWhereBeforeTheMessageAndKeepsTheCode) {
  EXPECT_THAT(Annotate(absl::DataLossError("bad"), "layer 3"),
              StatusIs(absl::StatusCode::kDataLoss, "layer 3: bad"));
  EXPECT_THAT(Annotate(Annotate(absl::InternalError("why"), "inner"), "outer"),
              StatusIs(absl::StatusCode::kInternal, "outer: inner: why"));
}

TEST(Annotate, TakesTextAsItIs) {
  EXPECT_THAT(Annotate(absl::InternalError("{} %s"), "{}"),
              StatusIs(absl::StatusCode::kInternal, "{}: {} %s"));
}

TEST(Annotate, LeavesOkAlone) { EXPECT_THAT(Annotate(absl::OkStatus(), "anywhere"), IsOk()); }

TEST(Excerpt, EndsBetweenCharacters) {
  EXPECT_EQ(Excerpt(std::string(128, 'x')), std::string(128, 'x'));
  EXPECT_EQ(Excerpt(std::string(129, 'x')), std::string(128, 'x'));
  for (const std::string character : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    for (size_t before = 128 - character.size() + 1; before < 128; ++before) {
      const std::string fits(before, 'x');
      EXPECT_EQ(Excerpt(fits + character), fits) << before << " before " << character;
    }
    const std::string fits = std::string(128 - character.size(), 'x') + character;
    EXPECT_EQ(Excerpt(fits + character), fits) << character;
  }
}

TEST(Excerpt, IsBoundedForTextThatIsNoUtf8) {
  EXPECT_EQ(Excerpt(std::string(200, '\x80')).size(), 125u);
}

absl::Status Pass(const absl::Status& status, bool& reached) {
  HILLOCK_RETURN_IF_ERROR(status);
  reached = true;
  return absl::OkStatus();
}

TEST(ReturnIfError, ReturnsErrorsAndPassesOk) {
  bool reached = false;
  EXPECT_THAT(Pass(absl::NotFoundError("gone"), reached),
              StatusIs(absl::StatusCode::kNotFound, "gone"));
  EXPECT_FALSE(reached);
  EXPECT_THAT(Pass(absl::OkStatus(), reached), IsOk());
  EXPECT_TRUE(reached);
}

absl::StatusOr<std::unique_ptr<int>> Sum(absl::StatusOr<std::unique_ptr<int>> a,
                                         absl::StatusOr<int> b) {
  HILLOCK_ASSIGN_OR_RETURN(std::unique_ptr<int> left, std::move(a));
  int right = 0;
  HILLOCK_ASSIGN_OR_RETURN(right, b);
  *left += right;
  return left;
}

TEST(AssignOrReturn, TakesValuesThatOnlyMove) {
  EXPECT_THAT(Sum(std::make_unique<int>(40), 2), IsOkAndHolds(Pointee(42)));
}

TEST(AssignOrReturn, ReturnsTheFirstError) {
  EXPECT_THAT(Sum(absl::AbortedError("left"), absl::InternalError("right")),
              StatusIs(absl::StatusCode::kAborted, "left"));
  EXPECT_THAT(Sum(std::make_unique<int>(1), absl::InternalError("right")),
              StatusIs(absl::StatusCode::kInternal, "right"));
}

TEST(Check, PassesWhatIsTrue) { HILLOCK_CHECK(1 + 1 == 2); }

TEST(CheckDeathTest, NamesTheConditionAndAborts) {
  EXPECT_DEATH(HILLOCK_CHECK(1 + 1 == 3), "status_test.cc:[0-9]+: CHECK failed: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace hillock
