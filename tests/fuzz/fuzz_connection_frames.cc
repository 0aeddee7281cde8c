// SPDX-License-Identifier: Apache-2.0

// A client that keeps to HTTP/2 and not always to gRPC, and does so in any order and at any time,
// gets for each of its calls what CallModel says.
//
// An input is a script: of each byte the low bits choose a step, the high bits or the next bytes
// say how, and the highest bit whether everything is delivered after it.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/status.h"
#include "tests/fuzz/call_model.h"
#include "tests/fuzz/fuzz_server.h"
#include "tests/fuzz/output_watch.h"
#include "tests/support/wire/h2_peer.h"
#include "tests/support/wire/memory_stream.h"

namespace hillock::fuzz {
namespace {

using testing::H2Peer;
using testing::Headers;
using transport::Encoding;

constexpr size_t kMaxSteps = 400;
constexpr size_t kMaxCalls = 40;
constexpr size_t kMaxRounds = 2'000;  // that a server may need to come to rest
constexpr size_t kSomeRounds = 20;
constexpr size_t kAll = std::numeric_limits<size_t>::max();

constexpr Nanos kMilli = 1'000'000;
constexpr Nanos kDeadline = 100 * kMilli;
constexpr std::array<Nanos, 4> kTimes = {50 * kMilli, 600 * kMilli, 1'500 * kMilli,
                                         61'000 * kMilli};
constexpr std::array<size_t, 8> kPieces = {1, 2, 4, 5, 9, 100, 5'000, 20'000};
constexpr std::array<size_t, 4> kRooms = {kAll, 0, 1, 100};
constexpr std::array<uint32_t, 4> kWindows = {0, 10, 65'535, 1 << 20};
constexpr uint32_t kWideWindow = 1 << 28;

// The bytes of a script.
class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}

  bool done() const { return bytes_.empty(); }

  // 0 after the end.
  uint8_t Next() {
    if (done()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }

  template <class List>
  auto OneOf(const List& list) {
    return list[Next() % list.size()];
  }

 private:
  std::string_view bytes_;
};

// One run of a script.
class Run {
 public:
  explicit Run(std::string_view script)
      : script_(script),
        server_(size_t{64} << 20, {.max_message_bytes = kMaxMessage}),
        wire_(server_.Connect()) {}

  void Go() {
    for (size_t i = 0; i < kMaxSteps && !script_.done(); ++i) {
      const uint8_t byte = script_.Next();
      Step(byte & 15, (byte >> 4) & 7);
      if ((byte & 128) != 0) Exchange();
    }
    OpenEverything();
    HILLOCK_CHECK(Settle(kMaxRounds));
    Check();
    wire_->client_ended = wire_->client_gone = true;
    server_.Receive();
  }

 private:
  struct Client {
    CallModel model;
    int32_t stream;
    std::string pending{};  // composed, not yet sent
    size_t sent = 0;
    bool ended = false;
    bool reset = false;
    std::optional<Nanos> expires = {};
  };

  void Step(size_t step, size_t how) {
    switch (step) {
      case 0:
        return Open(how);
      case 1:
        return Compose(how);
      case 2:
        return Push(kPieces[how], false);
      case 3:
        return Push(kAll, false);
      case 4:
        return Push(kAll, true);
      case 5:
        return Push(kPieces[how], true);
      case 6:
        return Reset();
      case 7:
        return OpenWindow();
      case 8:
        return peer_.SetInitialWindow(kWindows[how % kWindows.size()]);
      case 9:
        return Ping();
      case 10:
        return Pass(kTimes[how % kTimes.size()]);
      case 11:
        return End(how);
      case 12:
        return Deliver(script_.Next());
      case 13:
        return Exchange();
      case 14:
        return server_.Compute();
      default:
        return Intervene(how);
    }
  }

  // Rare, as not much comes after it.
  void End(size_t how) {
    if (how == 7) {
      drained_ = true;
      server_.Drain();
    } else if (how == 6) {
      leaving_ = true;
      peer_.GoAway();
    } else {
      Settle(kSomeRounds);
    }
  }

  void Intervene(size_t how) {
    if (how < kRooms.size()) {
      wire_->room = kRooms[how];
    } else if (how == 4) {
      server_.TurnReadiness();
    } else {
      server_.Resume();
    }
  }

  void Open(size_t how) {
    if (leaving_ || !peer_.goaways().empty() || wire_->server_ended) return;
    if (calls_.size() == kMaxCalls) return;
    const uint8_t options = script_.Next();
    const auto encoding = static_cast<Encoding>((options & 3) % 3);
    Headers headers = {{"tag", std::to_string(calls_.size())}};
    if (encoding == Encoding::kGzip) headers.emplace_back("grpc-encoding", "gzip");
    if (encoding == Encoding::kDeflate) headers.emplace_back("grpc-encoding", "deflate");
    if ((options & 4) != 0) headers.emplace_back("compress", "yes");
    if ((options & 8) != 0) headers.emplace_back("grpc-accept-encoding", "gzip");
    const bool has_deadline = (options & 48) == 48;
    if (has_deadline) headers.emplace_back("grpc-timeout", "100m");
    const auto method = static_cast<Method>(how);
    calls_.push_back({.model = CallModel(method, encoding, calls_.size()),
                      .stream = peer_.Start(PathOf(method), headers)});
    if (has_deadline) calls_.back().expires = time_ + kDeadline;
  }

  Client* Choose() {
    if (calls_.empty()) return nullptr;
    return &calls_[calls_.size() - 1 - script_.Next() % calls_.size()];
  }

  void Compose(size_t how) {
    Client* const call = Choose();
    if (call == nullptr || call->ended) return;
    const uint8_t variant = script_.Next();
    const auto flaw = static_cast<Flaw>(variant >= 240 ? variant % kFlaws : 0);
    call->pending += call->model.Compose(variant, flaw, /*compressed=*/how >= 4);
    if (how % 4 == 0) return;
    if (how % 4 == 3) call->ended = true;
    Send(*call, kAll);
  }

  void Push(size_t bytes, bool end) {
    Client* const call = Choose();
    if (call == nullptr || call->ended) return;
    call->ended = end;
    Send(*call, bytes);
  }

  void Send(Client& call, size_t bytes) {
    const size_t some = std::min(bytes, call.pending.size());
    peer_.Send(call.stream, call.pending.substr(0, some), call.ended);
    call.pending.erase(0, some);
    call.sent += some;
    call.model.SetSent(call.sent);
    if (call.ended) call.model.SetEnded();
  }

  void Reset() {
    Client* const call = Choose();
    if (call == nullptr || call->reset) return;
    call->reset = true;
    peer_.Reset(call->stream, /*CANCEL*/ 8);
  }

  void OpenWindow() {
    Client* const call = Choose();
    if (call != nullptr) peer_.OpenWindow(call->stream, int32_t{1} << (script_.Next() % 16));
  }

  void Ping() {
    peer_.Ping();
    ++pings_;
  }

  // A client that is there answers the server's pings in time, unless it reads too slowly.
  void Pass(Nanos time) {
    for (int i = 0; i < 3; ++i) Exchange();
    time_ += time;
    may_drop_ = may_drop_ || drained_ || wire_->room != kAll;
    server_.Pass(time);
    for (int i = 0; i < 3; ++i) Exchange();
  }

  // Gives the server some of what the client has to say.
  void Deliver(size_t bytes) {
    to_server_ += peer_.TakeBytes();
    const size_t some = std::min(bytes, to_server_.size());
    wire_->to_server.append(to_server_, 0, some);
    to_server_.erase(0, some);
    moved_ = moved_ || some > 0;
    if (server_.Receive()) moved_ = true;
  }

  void TakeAnswers() {
    moved_ = moved_ || !wire_->to_client.empty();
    watch_.Take(wire_->to_client);
    peer_.GiveBytes(std::exchange(wire_->to_client, {}));
  }

  void Exchange() {
    Deliver(kAll);
    TakeAnswers();
  }

  // Until nothing happens any more: then true.
  bool Settle(size_t rounds) {
    for (size_t quiet = 0; quiet < 3; --rounds) {
      if (rounds == 0) return false;
      moved_ = false;
      server_.Resume();
      server_.Compute();
      Exchange();
      quiet = moved_ ? 0 : quiet + 1;
    }
    return true;
  }

  void OpenEverything() {
    wire_->room = kAll;
    peer_.SetInitialWindow(kWideWindow);
    peer_.OpenWindow(0, kWideWindow);
  }

  Circumstances Of(const Client& call) const {
    Circumstances now;
    now.reset = call.reset;
    now.expired = call.expires && time_ >= *call.expires;
    now.drained = drained_;
    now.refused = !peer_.goaways().empty() && call.stream > peer_.goaways().back();
    now.dropped = may_drop_ && wire_->server_closed;
    return now;
  }

  void Check() {
    HILLOCK_CHECK(peer_.faults() == 0);
    watch_.End(/*whole=*/wire_->server_ended || !wire_->server_closed);
    bool goes_on = false;
    for (size_t i = 0; i < calls_.size(); ++i) {
      const Client& call = calls_[i];
      const Circumstances circumstances = Of(call);
      call.model.Check(peer_.answer(call.stream), circumstances);
      HILLOCK_CHECK(!circumstances.refused || !server_.Opened(std::to_string(i)));
      goes_on = goes_on || !peer_.answer(call.stream).closed;
    }
    const bool ends = (drained_ || leaving_) && !goes_on;
    HILLOCK_CHECK(wire_->server_ended == ends || may_drop_);
    HILLOCK_CHECK(peer_.pongs() == pings_ || wire_->server_ended || wire_->server_closed);
  }

  Script script_;
  FuzzServer server_;
  const std::shared_ptr<testing::Wire> wire_;
  H2Peer peer_{Descriptor(-1)};
  OutputWatch watch_;
  std::vector<Client> calls_;
  std::string to_server_;  // on the way
  Nanos time_ = 0;
  size_t pings_ = 0;
  bool drained_ = false;
  bool may_drop_ = false;  // the server may think that the client is gone
  bool leaving_ = false;   // the client has sent GOAWAY
  bool moved_ = false;
};

}  // namespace
}  // namespace hillock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hillock::fuzz::Run({reinterpret_cast<const char*>(data), size}).Go();
  return 0;
}
