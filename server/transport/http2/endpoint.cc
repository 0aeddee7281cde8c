// SPDX-License-Identifier: Apache-2.0
#include "server/transport/http2/endpoint.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "server/core/base/status.h"
#include "server/transport/http2/connection.h"
#include "server/transport/http2/session_callbacks.h"
#include "server/transport/http2/stream.h"

namespace hillock::transport {
namespace {

// What is read from one connection before others have their turn.
constexpr size_t kReceiveBytes = size_t{128} << 10;

constexpr size_t kMaxIdleStreams = 1024;

// What is decompressed between two polls of the network: some 0.2 ms.
constexpr size_t kInflateSlice = size_t{256} << 10;

// Resets that a connection may send: a burst, and a rate. Clients with short deadlines send
// thousands, and one costs no more than a request, so the limit only stops an attack (rapid reset,
// CVE-2023-44487).
constexpr uint64_t kResetBurst = 20'000;
constexpr uint64_t kResetsPerSecond = 10'000;

constexpr size_t kMaxUnsentAcks = 1000;

nghttp2_option* MakeSessionOptions() {
  nghttp2_option* options = nullptr;
  HILLOCK_CHECK(nghttp2_option_new(&options) == 0);
  // Windows are refilled by what was parsed, not by what has arrived: see Stream::Consume().
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  nghttp2_option_set_max_outbound_ack(options, kMaxUnsentAcks);
  nghttp2_option_set_stream_reset_rate_limit(options, kResetBurst, kResetsPerSecond);
  return options;
}

}  // namespace

Endpoint::Endpoint(EventLoop& loop, Router& router, MemoryBudget& budget, const Options& options,
                   const Clock& clock)
    : loop_(loop),
      router_(router),
      account_(budget),
      message_limits_{options.max_message_bytes, options.max_connection_bytes},
      max_connection_age_(options.max_connection_age),
      clock_(clock),
      callbacks_(MakeSessionCallbacks()),
      session_options_(MakeSessionOptions()),
      receive_buffer_(kReceiveBytes) {}

Endpoint::~Endpoint() {
  connections_.clear();
  nghttp2_session_callbacks_del(callbacks_);
  nghttp2_option_del(session_options_);
}

void Endpoint::Adopt(std::unique_ptr<ByteStream> bytes, Peer peer) {
  Add(std::make_unique<Connection>(*this, std::move(bytes), std::move(peer), clock_.Now()));
}

void Endpoint::Adopt(std::unique_ptr<Connection> connection) {
  connection->Join(*this);
  Add(std::move(connection));
}

void Endpoint::Add(std::unique_ptr<Connection> connection) {
  connections_.push_back(std::move(connection));
  count_.store(connections_.size(), std::memory_order_relaxed);
  if (draining_) connections_.back()->Drain(true);
}

std::unique_ptr<Connection> Endpoint::Release() {
  size_t active = 0;
  auto chosen = connections_.end();
  for (auto it = connections_.begin(); it != connections_.end(); ++it) {
    if (!(*it)->TakeActive()) continue;
    ++active;
    if ((*it)->can_move()) chosen = it;
  }
  if (active < 2 || chosen == connections_.end()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(*chosen);
  connections_.erase(chosen);
  count_.store(connections_.size(), std::memory_order_relaxed);
  connection->Leave();
  return connection;
}

Nanos Endpoint::DrawAgeLimit() {
  if (max_connection_age_ == 0) return 0;
  std::uniform_real_distribution<double> factor(0.9, 1.1);
  return static_cast<Nanos>(static_cast<double>(max_connection_age_) * factor(random_));
}

std::unique_ptr<Stream> Endpoint::TakeStream() {
  streams_.store(streams() + 1, std::memory_order_relaxed);
  if (idle_streams_.empty()) return std::make_unique<Stream>();
  std::unique_ptr<Stream> stream = std::move(idle_streams_.back());
  idle_streams_.pop_back();
  return stream;
}

void Endpoint::ReturnStream(std::unique_ptr<Stream> stream) {
  streams_.store(streams() - 1, std::memory_order_relaxed);
  if (idle_streams_.size() < kMaxIdleStreams) idle_streams_.push_back(std::move(stream));
}

// Flushing may mark connections again: handlers that hear that bytes have left send more. So this
// goes on until none is marked. Nothing is destroyed before that, as a flush of one connection may
// reach a handler that has marked another.
void Endpoint::Flush() {
  bool reaps = false;
  while (!dirty_.empty()) {
    flushing_.swap(dirty_);
    for (Connection* const connection : flushing_) {
      connection->Flush();
      reaps = reaps || connection->over();
    }
    flushing_.clear();
  }
  if (reaps) Reap();
}

// Destroying a connection closes its calls, whose handlers may mark others: those are flushed next
// time. It unmarks itself.
void Endpoint::Reap() {
  std::erase_if(connections_, [](const auto& connection) { return connection->over(); });
  count_.store(connections_.size(), std::memory_order_relaxed);
}

bool Endpoint::Work() {
  if (inflating_.empty()) return false;
  Stream* const stream = inflating_.front();
  inflating_.erase(inflating_.begin());
  inflating_.push_back(stream);
  stream->Inflate(kInflateSlice);
  return !inflating_.empty();
}

void Endpoint::Tick() {
  const Nanos now = clock_.Now();
  for (const auto& connection : connections_) connection->Tick(now);
}

void Endpoint::Drain() {
  draining_ = true;
  for (const auto& connection : connections_) connection->Drain(true);
}

}  // namespace hillock::transport
