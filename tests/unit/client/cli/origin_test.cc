// SPDX-License-Identifier: Apache-2.0
#include "client/cli/origin.h"

#include <gmock/gmock.h>

#include <string_view>

namespace hillock::client {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(OriginTest, WritesCommandsAsAShellTakesThem) {
  EXPECT_EQ(ShellText("/usr/bin/hillock\0load\0iris\0--rate\0001:2\0"sv),
            "hillock load iris --rate 1:2");
  EXPECT_EQ(ShellText("hillock\0two words\0it's\0\0$HOME\0"sv),
            "hillock 'two words' 'it'\\''s' '' '$HOME'");
  EXPECT_EQ(ShellText(""), "");
}

TEST(OriginTest, KnowsThisProcess) {
  EXPECT_THAT(CommandText(), HasSubstr("client_cli_test"));
  EXPECT_THAT(ThisMachineText(), HasSubstr(" cores, Linux "));
  EXPECT_THAT(DateText(), MatchesRegex("20..-..-.. ..:..:.. UTC"));
}

}  // namespace
}  // namespace hillock::client
