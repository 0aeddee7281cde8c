// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/byte_stream.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>

#include "tests/support/status_matchers.h"

namespace hillock::transport {
namespace {

using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;
using Kind = IoResult::Kind;

std::pair<Descriptor, Descriptor> SocketPair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

class SocketStreamTest : public ::testing::Test {
 protected:
  SocketStreamTest() : SocketStreamTest(SocketPair()) {}

  IoResult Read() { return ours_.Read(room_); }

  SocketStream ours_;
  SocketStream theirs_;
  std::array<char, 64> room_{};

 private:
  explicit SocketStreamTest(std::pair<Descriptor, Descriptor> ends)
      : ours_(std::move(ends.first)), theirs_(std::move(ends.second)) {}
};

TEST_F(SocketStreamTest, MovesBytes) {
  EXPECT_EQ(Read().kind, Kind::kWouldBlock);
  ASSERT_EQ(theirs_.Write("hello").bytes, 5u);
  const IoResult read = Read();
  ASSERT_EQ(read.kind, Kind::kBytes);
  EXPECT_EQ(std::string(room_.data(), read.bytes), "hello");
  EXPECT_FALSE(ours_.HasBuffered());
  EXPECT_FALSE(ours_.ReadWaitsToWrite());
}

TEST_F(SocketStreamTest, TakesAsMuchAsThereIsRoomFor) {
  const std::string much(1 << 24, 'x');
  const IoResult first = ours_.Write(much);
  ASSERT_EQ(first.kind, Kind::kBytes);
  EXPECT_LT(first.bytes, much.size());
  EXPECT_EQ(ours_.Write(much).kind, Kind::kWouldBlock);
}

TEST_F(SocketStreamTest, TellsWhenThePeerSendsNoMore) {
  theirs_.Write("bye");
  theirs_.CloseWrite();
  EXPECT_EQ(Read().bytes, 3u);
  EXPECT_EQ(Read().kind, Kind::kClosed);
  EXPECT_EQ(ours_.Write("still heard").kind, Kind::kBytes);
}

TEST(SocketStream, TellsWhenThePeerIsGone) {
  auto [mine, yours] = SocketPair();
  SocketStream ours(std::move(mine));
  { const SocketStream gone(std::move(yours)); }
  EXPECT_EQ(ours.Write("x").kind, Kind::kClosed);
}

TEST(SocketStream, SaysWhyItFailed) {
  SocketStream unconnected(Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)));
  std::array<char, 8> room{};
  EXPECT_EQ(unconnected.Read(room).kind, Kind::kFailed);
  EXPECT_THAT(unconnected.error(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("not connected")));
}

}  // namespace
}  // namespace hillock::transport
