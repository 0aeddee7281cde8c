// SPDX-License-Identifier: Apache-2.0
#include "client/load/sweep.h"

#include <gmock/gmock.h>

#include "tests/support/status_matchers.h"

namespace hillock::client {
namespace {

using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace hillock::client
