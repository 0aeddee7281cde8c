// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/keepalive.h"

#include <gtest/gtest.h>

namespace hillock::transport {
namespace {

using Action = Keepalive::Action;

constexpr Nanos kSecond = 1'000'000'000;

TEST(KeepaliveTest, GivesUpAPeerWithoutSettingsEvenIfItSendsBytes) {
  Keepalive keepalive(0);
  keepalive.OnBytes(19 * kSecond);
  EXPECT_EQ(keepalive.Tick(20 * kSecond), Action::kNone);
  EXPECT_FALSE(keepalive.has_settings());
  EXPECT_EQ(keepalive.Tick(20 * kSecond + 1), Action::kGiveUp);
}

TEST(KeepaliveTest, PingsASilentPeerOnceAndGivesItUpWithoutAnAnswer) {
  Keepalive keepalive(0);
  keepalive.OnSettings();
  EXPECT_TRUE(keepalive.has_settings());
  EXPECT_EQ(keepalive.Tick(60 * kSecond), Action::kNone);
  EXPECT_EQ(keepalive.Tick(60 * kSecond + 1), Action::kSendPing);
  EXPECT_EQ(keepalive.Tick(80 * kSecond), Action::kNone);
  EXPECT_EQ(keepalive.Tick(80 * kSecond + 1), Action::kGiveUp);
}

TEST(KeepaliveTest, AnyBytesBeginTheSilenceAnew) {
  Keepalive keepalive(0);
  keepalive.OnSettings();
  EXPECT_EQ(keepalive.Tick(61 * kSecond), Action::kSendPing);
  keepalive.OnBytes(70 * kSecond);
  EXPECT_EQ(keepalive.Tick(130 * kSecond), Action::kNone);
  EXPECT_EQ(keepalive.Tick(131 * kSecond), Action::kSendPing);
}

}  // namespace
}  // namespace hillock::transport
