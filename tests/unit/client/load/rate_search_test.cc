// SPDX-License-Identifier: Apache-2.0
#include "client/load/rate_search.h"

#include <gtest/gtest.h>

namespace hillock::client {
namespace {

struct Found {
  double rate = 0;
  int tries = 0;
};

// Against a server that holds all rates up to `limit`. Of the measurements of one that it holds,
// the first `disturbed` say otherwise.
Found Search(double low, double high, double limit, int disturbed = 0) {
  RateSearch search(low, high);
  Found found;
  double last = 0;
  int measured = 0;  // of the last rate
  while (const auto rate = search.Next()) {
    EXPECT_GE(*rate, low);
    EXPECT_LE(*rate, high);
    measured = rate == last ? measured + 1 : 1;
    last = *rate;
    search.Record(*rate <= limit && measured > disturbed);
    if (++found.tries > 100) break;
  }
  found.rate = search.found();
  return found;
}

TEST(RateSearchTest, FindsTheLimit) {
  for (const double limit : {100.0, 101.0, 150.0, 777.0, 5000.0, 42'000.0, 99'000.0}) {
    const Found found = Search(100, 100'000, limit);
    EXPECT_LE(found.rate, limit);
    EXPECT_GE(found.rate * (1 + RateSearch::kPrecision), limit);
    EXPECT_LE(found.tries, 12 * RateSearch::kTries);
  }
}

TEST(RateSearchTest, IsNotMisledByADisturbedMeasurement) {
  for (const double limit : {100.0, 777.0, 99'000.0}) {
    EXPECT_EQ(Search(100, 100'000, limit, RateSearch::kTries - 1).rate,
              Search(100, 100'000, limit).rate);
  }
  EXPECT_EQ(Search(100, 100'000, 777, RateSearch::kTries).rate, 0);
}

TEST(RateSearchTest, EndsAtTheEndsOfTheRange) {
  const Found all = Search(100, 1000, 5000);
  EXPECT_EQ(all.rate, 1000);
  EXPECT_EQ(all.tries, 2);
  const Found none = Search(100, 1000, 50);
  EXPECT_EQ(none.rate, 0);
  EXPECT_EQ(none.tries, RateSearch::kTries);
  const Found one = Search(100, 100, 500);
  EXPECT_EQ(one.rate, 100);
  EXPECT_EQ(one.tries, 1);
}

}  // namespace
}  // namespace hillock::client
