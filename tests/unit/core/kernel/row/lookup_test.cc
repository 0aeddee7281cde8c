// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/unit/core/kernel/row/every_isa.h"

namespace hillock::kernel::row {
namespace {

using ::testing::ElementsAre;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const std::vector<float> kEntries = {10, 11, 20, 21, 30, 31};
const std::vector<float> kOtherwise = {-1, -2};

std::vector<float> Found(const std::vector<float>& keys, bool wraps, const std::vector<float>& x) {
  const Lookup lookup({keys, wraps, 2, kEntries, kOtherwise}, 1);
  const auto rows = RunKernel(lookup, {x}, x.size(), 2);
  std::vector<float> first;
  for (size_t i = 0; i < rows.size(); i += 2) {
    const bool whole = rows[i] > 0 ? rows[i + 1] == rows[i] + 1 : rows[i + 1] == -2;
    first.push_back(whole ? rows[i] : kNan);
  }
  return first;
}

TEST(Lookup, TakesEntriesByPosition) {
  EXPECT_THAT(Found({}, false, {0, 2, 1, -0.0f}), ElementsAre(10, 30, 20, 10));
  EXPECT_THAT(Found({}, false, {3, -1, 0.5f, 1e30f, -1e30f, kInf, kNan}),
              ElementsAre(-1, -1, -1, -1, -1, -1, -1));
}

TEST(Lookup, WrapsFromTheEnd) {
  EXPECT_THAT(Found({}, true, {-1, -3, -4, 2, -0.5f, -kInf}), ElementsAre(30, 10, -1, 30, -1, -1));
}

TEST(Lookup, TakesEntriesByKey) {
  EXPECT_THAT(Found({-5, 0.25f, 7}, false, {7, -5, 0.25f}), ElementsAre(30, 10, 20));
  EXPECT_THAT(Found({-5, 0.25f, 7}, false, {-6, 0, 8, kNan, kInf}),
              ElementsAre(-1, -1, -1, -1, -1));
}

TEST(Lookup, MakesItsWidthOfEachElement) {
  const Lookup lookup({{}, false, 2, kEntries, kOtherwise}, 3);
  EXPECT_THAT(RunKernel(lookup, {{1, 9, 0}}, 1, 6), ElementsAre(20, 21, -1, -2, 10, 11));
}

}  // namespace
}  // namespace hillock::kernel::row
