// SPDX-License-Identifier: Apache-2.0
#include "client/cli/progress_line.h"

#include <gtest/gtest.h>

#include <sstream>

namespace hillock::client {
namespace {

TEST(ProgressLineTest, RewritesOneLineAndWipesIt) {
  std::ostringstream terminal;
  {
    const ProgressLine line(&terminal);
    line.Show("a");
    line.Show("b");
  }
  EXPECT_EQ(terminal.str(), "\r\x1b[Ka\r\x1b[Kb\r\x1b[K");
}

}  // namespace
}  // namespace hillock::client
