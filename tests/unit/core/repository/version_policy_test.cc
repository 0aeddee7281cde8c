// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/version_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hillock::repository {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<int64_t> kPresent = {1, 3, 10};

TEST(CandidatesOf, TriesTheLatestFromTheHighestDown) {
  for (const size_t latest : {size_t{1}, size_t{2}, size_t{7}, VersionPolicy::kAll}) {
    const Candidates candidates = CandidatesOf({latest, {}}, kPresent);
    EXPECT_THAT(candidates.numbers, ElementsAre(10, 3, 1)) << latest;
    EXPECT_EQ(candidates.wanted, latest);
  }
}

TEST(CandidatesOf, TakesTheSpecificOnesThereOrNotOnceEach) {
  const Candidates candidates = CandidatesOf({0, {3, 7, 3, 1}}, kPresent);
  EXPECT_THAT(candidates.numbers, ElementsAre(7, 3, 1));
  EXPECT_GE(candidates.wanted, 3u);
}

TEST(CandidatesOf, HasNoneOfNothing) {
  EXPECT_THAT(CandidatesOf({}, {}).numbers, IsEmpty());
  EXPECT_THAT(CandidatesOf({VersionPolicy::kAll, {}}, {}).numbers, IsEmpty());
}

}  // namespace
}  // namespace hillock::repository
