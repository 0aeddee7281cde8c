// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/commands/command_fixture.h"

namespace hillock::client {
namespace {

TEST_F(CommandTest, RefusesCommandLinesItDoesNotKnow) {
  const std::vector<std::string> cases[] = {{},
                                            {"prophesy"},
                                            {"predict"},
                                            {"predict", "m", "--draw", "8"},
                                            {"predict", "m", "--limit", "0"},
                                            {"predict", "m", "--limit", "-1"},
                                            {"predict", "m", "--batch", "0"},
                                            {"predict", "m", "--version", "latest"},
                                            {"predict", "m", "--timeout", "0"},
                                            {"predict", "m", "extra"},
                                            {"models", "--server", "nowhere"},
                                            {"models", "--load"},
                                            {"models", "--load", ""},
                                            {"models", "--unload", ""},
                                            {"models", "--load", "a", "--unload", "b"},
                                            {"health", "--wait", "-1"},
                                            {"stats", "--metrics", "unix:"},
                                            {"stats", "--metrics", "host"},
                                            {"stats", "--timeout", "nan"}};
  for (const auto& arguments : cases) {
    EXPECT_TRUE(Run(arguments).usage_error) << ::testing::PrintToString(arguments);
  }
}

}  // namespace
}  // namespace hillock::client
