// SPDX-License-Identifier: Apache-2.0

// Connections of a certain age make place for new ones, and no call is lost.

#include <gmock/gmock.h>

#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/well_behaved_client.h"
#include "tests/support/wire/raw_h2.h"

namespace hillock::testing {
namespace {

TEST(ConnectionAgeTest, ReplacesConnectionsWithoutLosingACall) {
  const SomeModels models{"digits-relu"};
  ServerProcess server(models.path(), {"--max-connection-age", "0.5"});
  const auto channel = WellBehavedClient::Connect(server.address());
  WellBehavedClient client(channel);
  // A peer that says nothing more grows as old as the client's connections.
  for (int i = 0; i < 2; ++i) {
    RawH2 peer(server.address());
    peer.Send(Hello());
    EXPECT_TRUE(peer.ReadUntilClosed());
    EXPECT_EQ(peer.Frames(FrameType::kGoAway), 2) << "a notice, and the end";
    EXPECT_EQ(peer.goaway_code(), 0);
  }
  client.AwaitAnswers(100);
  const WellBehavedClient::Report report = client.Stop();
  report.Record();
  EXPECT_THAT(report.errors, ::testing::IsEmpty());
}

}  // namespace
}  // namespace hillock::testing
