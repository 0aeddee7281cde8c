// SPDX-License-Identifier: Apache-2.0
#include "client/load/stability.h"

#include <gtest/gtest.h>

#include <vector>

namespace hillock::client {
namespace {

struct Case {
  std::vector<WindowFigures> windows;
  double tolerance;
  bool is_stable;
};

TEST(StabilityTest, WantsThreeWindowsThatAgree) {
  const Case cases[] = {
      {{}, 0.1, false},
      {{{100, 1}, {100, 1}}, 0.1, false},
      {{{100, 1}, {100, 1}, {100, 1}}, 0.001, true},
      {{{100, 1}, {104, 1}, {96, 1}}, 0.05, true},
      {{{100, 1}, {104, 1}, {96, 1}}, 0.03, false},
      {{{100, 1}, {100, 1.5}, {100, 1}}, 0.05, false},
      {{{10, 9}, {100, 1}, {100, 1}, {100, 1}}, 0.05, true},
      {{{100, 1}, {100, 1}, {100, 1}, {50, 2}}, 0.05, false},
      {{{0, 0}, {0, 0}, {0, 0}}, 0.05, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(IsStable(c.windows, c.tolerance), c.is_stable)
        << c.windows.size() << " windows, tolerance " << c.tolerance;
  }
}

TEST(StabilityTest, LooksAtRequestsThatSucceeded) {
  LoadTally tally;
  tally.RecordElapsed(2'000'000'000);
  EXPECT_EQ(FiguresOf(tally).requests_per_second, 0);
  tally.Record(absl::StatusCode::kInternal, 5, true, "");
  EXPECT_EQ(FiguresOf(tally).requests_per_second, 0);
  for (int i = 0; i < 10; ++i) tally.Record(absl::StatusCode::kOk, 3'000'000, true, "");
  EXPECT_EQ(FiguresOf(tally).requests_per_second, 5);
  EXPECT_EQ(FiguresOf(tally).mean_seconds, 3e-3);
}

}  // namespace
}  // namespace hillock::client
