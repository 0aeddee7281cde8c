// SPDX-License-Identifier: Apache-2.0
#include "client/text/units.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hillock::client {
namespace {

TEST(UnitsTest, SecondsTakeTheUnitTheyReach) {
  const std::pair<double, const char*> cases[] = {
      {0, "0 ns"},           {4.12e-7, "412 ns"}, {9.996e-7, "1 us"}, {1.2e-6, "1.2 us"},
      {3.456e-3, "3.46 ms"}, {0.9999, "1 s"},     {12, "12 s"},       {NAN, "-"}};
  for (const auto& [seconds, text] : cases) EXPECT_EQ(FormatSeconds(seconds), text) << seconds;
}

TEST(UnitsTest, CountsTakeCommasThenUnits) {
  const std::pair<double, const char*> cases[] = {{0, "0"},
                                                  {999, "999"},
                                                  {1000, "1,000"},
                                                  {12345, "12,345"},
                                                  {-1234, "-1,234"},
                                                  {999499, "999,499"},
                                                  {1e6, "1 M"},
                                                  {1.234e6, "1.23 M"},
                                                  {4.56e10, "45.6 G"},
                                                  {7.89e12, "7.89 T"},
                                                  {NAN, "-"}};
  for (const auto& [count, text] : cases) EXPECT_EQ(FormatCount(count), text) << count;
}

TEST(UnitsTest, SharesAreInPercent) {
  EXPECT_EQ(FormatPercent(0.9987), "99.9%");
  EXPECT_EQ(FormatPercent(1), "100.0%");
  EXPECT_EQ(FormatPercent(NAN), "-");
}

TEST(UnitsTest, NumbersHaveFourDigits) {
  EXPECT_EQ(FormatNumber(0.123456), "0.1235");
  EXPECT_EQ(FormatNumber(-12), "-12");
  EXPECT_EQ(FormatNumber(INFINITY), "inf");
  EXPECT_EQ(FormatNumber(NAN), "-");
}

}  // namespace
}  // namespace hillock::client
