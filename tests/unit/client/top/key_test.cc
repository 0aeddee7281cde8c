// SPDX-License-Identifier: Apache-2.0
#include "client/top/key.h"

#include <gmock/gmock.h>

#include <string_view>

namespace hillock::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(KeysOfTest, TakesLettersAndSequences) {
  EXPECT_THAT(KeysOf("jk"), ElementsAre(Key::kDown, Key::kUp));
  EXPECT_THAT(KeysOf("\x1b[A\x1b[B"), ElementsAre(Key::kUp, Key::kDown));
  EXPECT_THAT(KeysOf("\x1bOA"), ElementsAre(Key::kUp));
  EXPECT_THAT(KeysOf("\r"), ElementsAre(Key::kEnter));
  EXPECT_THAT(KeysOf("\x1b"), ElementsAre(Key::kBack));
  EXPECT_THAT(KeysOf("\x7fsrq"), ElementsAre(Key::kBack, Key::kSort, Key::kReverse, Key::kQuit));
}

TEST(KeysOfTest, LeavesOutWhatMeansNothing) {
  for (const std::string_view bytes : {"", "x", "\x1b[5~", "\x1b[1;5Q", "\x1b[", "\xc3\xa4"}) {
    EXPECT_THAT(KeysOf(bytes), IsEmpty()) << bytes;
  }
}

}  // namespace
}  // namespace hillock::client
