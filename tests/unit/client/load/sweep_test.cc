// SPDX-License-Identifier: Apache-2.0
#include "client/load/sweep.h"

#include <gmock/gmock.h>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ParseSweepTest, TakesNumbersInTheirOrder) {
  EXPECT_THAT(ParseSweep("16").value(), ElementsAre(16));
  EXPECT_THAT(ParseSweep("64,1,4,65536").value(), ElementsAre(64, 1, 4, 65536));
  EXPECT_THAT(ParseSweep(" 1, 2 ").value(), ElementsAre(1, 2));
}

TEST(ParseSweepTest, SaysWhatIsNoNumberInRange) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "got '', want a number from 1 to 65536"},
      {"1,", "got ''"},
      {"1,,4", "got ''"},
      {"0", "got '0'"},
      {"-4", "got '-4'"},
      {"4,65537", "got '65537'"},
      {"1;4", "got '1;4'"},
      {"1.5", "got '1.5'"},
      {"99999999999999999999", "got '99999999999999999999'"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(ParseSweep(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  }
}

TEST(ParseRatesTest, TakesListsStepsAndRanges) {
  EXPECT_THAT(ParseRates("0.5")->each, ElementsAre(0.5));
  EXPECT_THAT(ParseRates("2000, 1000")->each, ElementsAre(2000, 1000));
  EXPECT_THAT(ParseRates("1000:2000:500")->each, ElementsAre(1000, 1500, 2000));
  EXPECT_THAT(ParseRates("1000:1999:500")->each, ElementsAre(1000, 1500));
  EXPECT_THAT(ParseRates("0.1:0.3:0.1")->each, SizeIs(3)) << "rounding does not lose the last";
  EXPECT_FALSE(ParseRates("1000:2000:500")->is_range);
  EXPECT_THAT(ParseRates("10:100")->each, ElementsAre(10, 100));
  EXPECT_TRUE(ParseRates("10:100")->is_range);
}

TEST(ParseRatesTest, SaysWhatIsNone) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "got '', want a number from 0.001 to 1e+07"},
      {"0", "got '0'"},
      {"nan", "got 'nan'"},
      {"1e8", "got '1e8'"},
      {"10,x", "got 'x'"},
      {"20:10", "got '20:10', want LOW:HIGH or LOW:HIGH:STEP"},
      {"1:2:3:4", "want LOW:HIGH or LOW:HIGH:STEP"},
      {"1:1e7:1", "got 10000000 rates in '1:1e7:1', want at most 1000"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(ParseRates(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  }
}

TEST(ParseWeightsTest, TakesWholeNumbers) {
  EXPECT_THAT(ParseWeights("3,1").value(), ElementsAre(3, 1));
  EXPECT_THAT(ParseWeights("0,1"), StatusIs(absl::StatusCode::kInvalidArgument,
                                            HasSubstr("got '0', want a number from 1 to 1000")));
}

TEST(ParseTraceTest, TakesTheFirstArrivalForTheStart) {
  EXPECT_THAT(ParseTrace("# recorded\n12.5\n\n 12.25, iris\r\n13\n", "t").value(),
              ElementsAre(0, 0.25, 0.75));
}

TEST(ParseTraceTest, SaysWhatIsNoTime) {
  EXPECT_THAT(ParseTrace("1\nx\n", "t.txt"), StatusIs(absl::StatusCode::kInvalidArgument,
                                                      HasSubstr("t.txt:2: got 'x', want seconds")));
  EXPECT_THAT(ParseTrace("inf", "t"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got 'inf'")));
  EXPECT_THAT(ParseTrace("# nothing\n", "t"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got no arrival")));
}

}  // namespace
}  // namespace hillock::client
