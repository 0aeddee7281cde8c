// SPDX-License-Identifier: Apache-2.0

// Floods and bombs, each beside a well-behaved client.

#include <gmock/gmock.h>
#include <zlib.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/status.h"
#include "tests/integration/support/besieged_server.h"
#include "tests/integration/support/inference.h"
#include "tests/support/wire/h2_peer.h"
#include "tests/support/wire/raw_h2.h"

namespace hillock::testing {
namespace {

using Address = std::string;
using namespace std::string_view_literals;  // of bytes that may be 0

constexpr uint32_t kFlood = 60'000;  // frames or calls
constexpr uint32_t kCancel = 8;      // code of a reset
constexpr size_t kMiB = size_t{1} << 20;

const std::string kSettings = Frame(FrameType::kSettings, kNoFlags, 0, "\0\4\0\0\xff\xff"sv);
const std::string kPing = Frame(FrameType::kPing, kNoFlags, 0, "flooding");

// The fields of CallFields() in a block of some bytes each time but the first: what differs from
// call to call is nothing, and so all of it is in the table (RFC 7541, sections 6.1 and 6.2.1).
class TabledCall {
 public:
  explicit TabledCall(const std::string& path) : path_(path) {}

  std::string Headers(uint32_t n, uint8_t flags) {
    constexpr char kPost = '\x83';
    constexpr char kHttp = '\x86';
    std::string block = {kPost, kHttp};
    if (n == 0) {
      block += Stored(":authority", "test") + Stored(":path", path_) +
               Stored("content-type", "application/grpc");
    } else {
      block += "\xc0\xbf\xbe";  // the three that were stored
    }
    return Frame(FrameType::kHeaders, flags | kEndHeaders, StreamId(n), block);
  }

 private:
  static std::string Stored(std::string_view name, std::string_view value) {
    std::string field = Field(name, value);
    field[0] = '\x40';
    return field;
  }

  const std::string path_;
};

std::string Reset(uint32_t n) {
  return Frame(FrameType::kReset, kNoFlags, StreamId(n), Number(kCancel));
}

// Some connections in turn, each of which may be closed for what it does.
auto Floods(std::function<std::string(TabledCall&, uint32_t)> make,
            const char* path = kModelInfer) {
  return [=](const Address& address) {
    for (int i = 0; i < 3; ++i) {
      RawH2 peer(address);
      TabledCall call(path);
      peer.Send(Hello());
      peer.SendMany(kFlood, [&](uint32_t n) { return make(call, n); });
    }
  };
}

// One who reads none of what the server says to it.
auto UnreadFlood(std::function<std::string(TabledCall&, uint32_t)> make,
                 const char* path = kModelInfer) {
  return [=](const Address& address) {
    RawH2 peer(address, RawH2::Reading::kNothing);
    TabledCall call(path);
    peer.Send(Hello());
    EXPECT_FALSE(peer.SendMany(20 * kFlood, [&](uint32_t n) { return make(call, n); }))
        << "what waits for such a peer is bounded";
  };
}

auto Resets(const char* path) {
  return Floods(
      [](TabledCall& call, uint32_t n) {
        return (n == 0 ? SettingsAck() : "") + call.Headers(n, kNoFlags) + Reset(n);
      },
      path);
}

auto SoundCallsAndResets() {
  const std::string message =
      Framed(MakeRequest("iris", 4, std::vector<float>(4)).SerializeAsString());
  return Floods([message](TabledCall& call, uint32_t n) {
    return call.Headers(n, kNoFlags) + DataFrames(StreamId(n), message, true) + Reset(n);
  });
}

auto CallsWithoutMessages(uint8_t flags) {
  return [flags](TabledCall& call, uint32_t n) { return call.Headers(n, flags); };
}

// The same frame again and again, after HEADERS of a call that stays open.
auto Repeats(const std::string& frame) {
  return
      [frame](TabledCall& call, uint32_t n) { return n == 0 ? call.Headers(n, kNoFlags) : frame; };
}

// A header block that goes on and on.
auto Continuations(std::string_view payload) {
  return [payload = std::string(payload)](const Address& address) {
    RawH2 peer(address);
    peer.SendMany(kFlood, [&](uint32_t n) {
      if (n > 0) return Frame(FrameType::kContinuation, kNoFlags, 1, payload);
      return Hello() + Frame(FrameType::kHeaders, kNoFlags, 1, CallFields(kModelInfer));
    });
    EXPECT_TRUE(peer.ReadUntilClosed());
  };
}

// HEADERS and CONTINUATION frames that hold a block.
std::string InFrames(uint32_t stream, std::string_view block) {
  std::string frames;
  for (bool first = true; first || !block.empty(); first = false) {
    const std::string_view payload = block.substr(0, kMaxPayload);
    block.remove_prefix(payload.size());
    frames += Frame(first ? FrameType::kHeaders : FrameType::kContinuation,
                    block.empty() ? kEndHeaders : kNoFlags, stream, payload);
  }
  return frames;
}

// Calls with these fields, which stay open.
auto Calls(uint32_t count, const std::string& fields, const std::string& path = kModelInfer) {
  return [=](const Address& address) {
    RawH2 peer(address);
    peer.Send(Hello() + SettingsAck());
    peer.SendMany(count,
                  [&](uint32_t n) { return InFrames(StreamId(n), CallFields(path) + fields); });
  };
}

std::string ManyFields(int count) {
  std::string fields;
  for (int i = 0; i < count; ++i) fields += Field("x-" + std::to_string(i), "1");
  return fields;
}

// One byte each stands for 4,000 (RFC 7541, section 7.3).
std::string TableBomb() {
  std::string stored = Field("x", std::string(4000, 'x'));
  stored[0] = '\x40';
  return stored + std::string(kMaxPayload - 4500, '\xbe');
}

std::string GzippedZeros(size_t bytes) {
  const std::string zeros(kMiB, '\0');
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  HILLOCK_CHECK(deflateInit2(&stream, 9, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string gzip(bytes / 900 + 1000, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(gzip.data());
  stream.avail_out = static_cast<uInt>(gzip.size());
  for (size_t at = 0; at < bytes; at += kMiB) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
    stream.avail_in = static_cast<uInt>(kMiB);
    const bool last = at + kMiB >= bytes;
    const int result = deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
    HILLOCK_CHECK(result == (last ? Z_STREAM_END : Z_OK));
  }
  gzip.resize(gzip.size() - stream.avail_out);
  deflateEnd(&stream);
  return gzip;
}

// Bombs on each of two connections, which end with that status.
auto Bombs(size_t megabytes, uint32_t count, const char* path, const char* status) {
  return [=](const Address& address) {
    const std::string message = Framed(GzippedZeros(megabytes * kMiB), 1);
    H2Peer peers[2] = {H2Peer(ConnectTcp(address)), H2Peer(ConnectTcp(address))};
    std::vector<std::pair<H2Peer*, int32_t>> calls;
    for (uint32_t i = 0; i < count; ++i) {
      for (H2Peer& peer : peers) {
        calls.emplace_back(&peer, peer.Start(path, {{"grpc-encoding", "gzip"}}));
        peer.Send(calls.back().second, message, true);
      }
    }
    const auto all_closed = [&] {
      while (peers[0].Pump() || peers[1].Pump()) continue;
      return std::ranges::all_of(
          calls, [](const auto& call) { return call.first->answer(call.second).closed; });
    };
    EXPECT_TRUE(ComesToHold(all_closed));
    for (const auto& [peer, stream] : calls) {
      EXPECT_EQ(peer->answer(stream).Value("grpc-status"), status);
    }
  };
}

void ConnectAndClose(const Address& address) {
  for (int i = 0; i < 5000; ++i) ConnectTcp(address);
}

void SpeakSomethingElse(const Address& address) {
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), std::string("\x16\x03\x01\x02\x00\x01"sv),
        std::string(100'000, '\xff'), std::string(100'000, '\0'),
        Hello().append("\xff\xff\xff\x00\x00\x00\x00\x00\x01"sv)}) {
    RawH2 peer(address);
    peer.Send(text);
    EXPECT_TRUE(peer.ReadUntilClosed()) << text.substr(0, 20);
  }
}

struct Attack {
  std::string name;
  std::function<void(const Address&)> run;
};

void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

class AttackTest : public ::testing::TestWithParam<Attack> {
 protected:
  static void SetUpTestSuite() { server_ = new BesiegedServer; }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  static BesiegedServer* server_;
};

BesiegedServer* AttackTest::server_ = nullptr;

TEST_P(AttackTest, HarmsNobody) {
  server_->Endure([] { GetParam().run(server_->address()); });
}

const std::vector<Attack> kAttacks = {
    {"RapidReset", Resets(kModelInfer)},
    {"RapidResetOfStreams", Resets(kModelStreamInfer)},
    {"RapidResetOfAPlainMethod", Resets(kServerLive)},
    {"RapidResetOfNoMethod", Resets("/no.such/Method")},
    {"RapidResetOfSoundCalls", SoundCallsAndResets()},
    {"NoMessage", Floods(CallsWithoutMessages(kEndStream))},
    {"NoMessageUnread", UnreadFlood(CallsWithoutMessages(kEndStream))},
    {"NoMethodUnread", UnreadFlood(CallsWithoutMessages(kEndStream), "/no.such/Method")},
    {"OpenCalls", Floods(CallsWithoutMessages(kNoFlags))},
    {"OpenCallsUnread", UnreadFlood(CallsWithoutMessages(kNoFlags))},
    {"Settings", Floods(Repeats(kSettings))},
    {"SettingsUnread", UnreadFlood(Repeats(kSettings))},
    {"Pings", Floods(Repeats(kPing))},
    {"PingsUnread", UnreadFlood(Repeats(kPing))},
    {"Priorities", Floods(Repeats(Frame(FrameType::kPriority, kNoFlags, 1, "\0\0\0\0\0"sv)))},
    {"EmptyData", Floods(Repeats(Frame(FrameType::kData, kNoFlags, 1)))},
    {"WindowUpdates", Floods(Repeats(Frame(FrameType::kWindowUpdate, kNoFlags, 1, Number(1))))},
    {"EmptyMessages",
     Floods(Repeats(Frame(FrameType::kData, kNoFlags, 1, Framed(""))), kModelStreamInfer)},
    {"ContinuationOfHeaders", Continuations(Field("x", std::string(16'000, 'x')))},
    {"ContinuationOfNothing", Continuations("")},
    {"HeaderOfAMegabyte", Calls(20, Field("x", std::string(kMiB, 'x')))},
    {"TenThousandHeaders", Calls(20, ManyFields(10'000))},
    {"ManyCallsOfManyHeaders", Calls(3000, ManyFields(400))},
    {"ManyCallsOfLongPaths", Calls(3000, "", "/" + std::string(15'000, 'x'))},
    {"TableBomb", Calls(500, TableBomb())},
    {"SmallBombs", Bombs(60, 4, kModelInfer, "3")},
    {"LargeBombs", Bombs(128, 3, kModelInfer, "8")},
    {"BombsOfAPlainMethod", Bombs(128, 2, kServerLive, "8")},
    {"ConnectAndClose", ConnectAndClose},
    {"NoHttp2", SpeakSomethingElse},
};

INSTANTIATE_TEST_SUITE_P(Each, AttackTest, ::testing::ValuesIn(kAttacks),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace hillock::testing
