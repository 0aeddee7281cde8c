// SPDX-License-Identifier: Apache-2.0
#include "client/text/terminal.h"

#include <gtest/gtest.h>

namespace hillock::client {
namespace {

TEST(CharsetTest, IsThatOfTheFirstVariableThatIsSet) {
  EXPECT_EQ(ChooseCharset(nullptr, nullptr, "en_GB.UTF-8"), Charset::kUtf8);
  EXPECT_EQ(ChooseCharset("", "", "C.utf8"), Charset::kUtf8);
  EXPECT_EQ(ChooseCharset("C", "en_GB.UTF-8", "en_GB.UTF-8"), Charset::kAscii);
  EXPECT_EQ(ChooseCharset(nullptr, "de_DE.UTF-8@euro", "C"), Charset::kUtf8);
}

TEST(CharsetTest, IsAsciiUnlessUtf8IsNamed) {
  EXPECT_EQ(ChooseCharset(nullptr, nullptr, nullptr), Charset::kAscii);
  EXPECT_EQ(ChooseCharset(nullptr, nullptr, "POSIX"), Charset::kAscii);
  EXPECT_EQ(ChooseCharset(nullptr, nullptr, "de_DE.ISO-8859-1"), Charset::kAscii);
}

}  // namespace
}  // namespace hillock::client
