// SPDX-License-Identifier: Apache-2.0

// Any bytes on a connection, cut anywhere, with time, a drain and the client's end between them,
// get a sound sequence of frames or an end, and the server keeps nothing of them.
//
// An input is a byte of kMode bits, the number of steps, the steps, and the bytes that the client
// sends.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "server/transport/http2/endpoint.h"
#include "tests/fuzz/fuzz_server.h"
#include "tests/fuzz/output_watch.h"
#include "tests/support/wire/memory_stream.h"

namespace hillock::fuzz {
namespace {

enum Mode : uint8_t {
  kPreface = 1,     // the client's preface and empty settings go first
  kScarce = 2,      // little memory for requests
  kNarrow = 4,      // the client takes little at a time
  kSmall = 8,       // large messages are refused
  kAged = 16,       // connections are asked to leave soon
  kCompanion = 32,  // a second client sends the same
};

constexpr std::string_view kClientPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

constexpr Nanos kMilli = 1'000'000;
constexpr std::array<Nanos, 4> kTimes = {100 * kMilli, 1'100 * kMilli, 21'000 * kMilli,
                                         61'000 * kMilli};
constexpr std::array<size_t, 32> kPieces = {1,  2,   3,   4,   5,   6,   7,    8,    9,    10,   11,
                                            12, 13,  14,  16,  17,  24,  33,   40,   50,   64,   80,
                                            96, 128, 192, 256, 400, 512, 1000, 2000, 5000, 16393};

size_t MaxMessage(uint8_t mode) { return (mode & kSmall) != 0 ? 1000 : size_t{1} << 20; }

transport::Endpoint::Options OptionsOf(uint8_t mode) {
  return {.max_message_bytes = MaxMessage(mode),
          .max_connection_bytes = size_t{4} << 20,
          .max_connection_age = (mode & kAged) != 0 ? 2'000 * kMilli : 0};
}

// One run of an input.
class Run {
 public:
  explicit Run(uint8_t mode)
      : mode_(mode), server_(size_t{(mode & kScarce) != 0 ? 2u : 64u} << 20, OptionsOf(mode)) {}

  void Go(std::string_view steps, std::string_view bytes) {
    if ((mode_ & kCompanion) != 0) Begin(companion_)->to_server += bytes;
    Begin(client_);
    server_.Receive();
    for (const char step : steps) {
      Step(static_cast<uint8_t>(step), bytes);
      TakeOutput();
      server_.CheckBudget();
    }
    Send(bytes);
    Settle();
    server_.CheckBudget();
    Leave(client_);
    Leave(companion_);
    server_.Receive();
  }

 private:
  struct Client {
    std::shared_ptr<testing::Wire> wire;
    OutputWatch watch;
  };

  testing::Wire* Begin(Client& client) {
    client.wire = server_.Connect();
    if ((mode_ & kNarrow) != 0) client.wire->room = 100;
    if ((mode_ & kPreface) != 0) client.wire->to_server = kClientPreface;
    return client.wire.get();
  }

  void Send(std::string_view bytes) {
    client_.wire->to_server += bytes;
    server_.Receive();
  }

  void Step(uint8_t step, std::string_view& bytes) {
    const size_t which = step >> 3;
    switch (step & 7) {
      case 0:
        return server_.Compute();
      case 1:
        return server_.Pass(kTimes[which % kTimes.size()]);
      case 2:
        return Intervene(which);
      default:
        const size_t some = std::min(bytes.size(), kPieces[which]);
        Send(bytes.substr(0, some));
        bytes.remove_prefix(some);
    }
  }

  void Intervene(size_t which) {
    switch (which) {
      case 0:
        return server_.Drain();
      case 1:
        client_.wire->client_ended = true;
        server_.Receive();
        return;
      case 2:
        return Leave(client_);
      case 3:
        return server_.TurnReadiness();
      case 4:
        return server_.Move();
      default:
        return server_.Resume();
    }
  }

  void TakeOutput() {
    for (Client* const client : {&client_, &companion_}) {
      if (client->wire == nullptr) continue;
      client->watch.Take(client->wire->to_client);
      client->wire->to_client.clear();
    }
  }

  void Settle() {
    for (int i = 0; i < kRounds; ++i) {
      server_.Resume();
      server_.Compute();
      server_.Receive();
      TakeOutput();
    }
  }

  void Leave(Client& client) {
    if (client.wire == nullptr) return;
    client.watch.End(/*whole=*/client.wire->server_ended);
    client.wire->client_ended = client.wire->client_gone = true;
    client.wire->to_server.clear();
  }

  static constexpr int kRounds = 10;

  const uint8_t mode_;
  FuzzServer server_;
  Client client_;
  Client companion_;
};

}  // namespace
}  // namespace hillock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.size() < 2) return 0;
  const auto mode = static_cast<uint8_t>(input[0]);
  const size_t count = std::min<size_t>(static_cast<uint8_t>(input[1]) % 64, input.size() - 2);
  hillock::fuzz::Run(mode).Go(input.substr(2, count), input.substr(2 + count));
  return 0;
}
