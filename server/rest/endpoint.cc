// SPDX-License-Identifier: Apache-2.0
#include "server/rest/endpoint.h"

#include <algorithm>
#include <utility>

#include "server/rest/connection.h"

namespace hillock::rest {
namespace {

constexpr size_t kReceiveBytes = 64 << 10;

bool IsIdleLonger(const std::unique_ptr<Connection>& a, const std::unique_ptr<Connection>& b) {
  return std::pair(!a->idle(), a->since()) < std::pair(!b->idle(), b->since());
}

}  // namespace

Endpoint::Endpoint(scheduling::Reactor& reactor, transport::Router& router, rpc::Worker& worker,
                   transport::MemoryBudget& budget, size_t max_message_bytes)
    : account_(budget),
      services_{reactor.loop(), router, worker, account_, max_message_bytes},
      clock_(reactor.clock()),
      cells_(reactor.cells()),
      receive_buffer_(kReceiveBytes) {
  reactor.Serve(*this);
}

Endpoint::~Endpoint() = default;

// std::function must be copyable, hence the release.
void Endpoint::Adopt(std::unique_ptr<transport::ByteStream> stream, std::string bytes) {
  count_.fetch_add(1);
  services_.loop.Post([this, raw = stream.release(), bytes = std::move(bytes)] {
    Add(std::unique_ptr<transport::ByteStream>(raw), bytes);
  });
}

void Endpoint::Add(std::unique_ptr<transport::ByteStream> stream, std::string_view bytes) {
  if (connections_.size() >= kMaxConnections) {
    (*std::ranges::min_element(connections_, IsIdleLonger))->End();
  }
  connections_.push_back(std::make_unique<Connection>(*this, std::move(stream), bytes));
  if (draining_) connections_.back()->Drain(/*refuses=*/true);
  unread_.push_back(connections_.back().get());
}

void Endpoint::Drain() {
  services_.loop.Post([this] {
    draining_ = true;
    for (const auto& connection : connections_) connection->Drain(/*refuses=*/false);
  });
}

// Connections mark themselves again only when something further happens, so this ends.
void Endpoint::Flush() {
  while (!dirty_.empty()) {
    flushing_.swap(dirty_);
    for (Connection* connection : flushing_) connection->Flush();
    flushing_.clear();
  }
  Reap();
  if (!unread_.empty()) services_.loop.Wake();
}

void Endpoint::Reap() {
  if (!std::exchange(has_over_, false)) return;
  const auto is_over = [](const Connection* connection) { return connection->over(); };
  std::erase_if(unread_, is_over);
  count_.fetch_sub(std::erase_if(connections_, [&](const auto& c) { return is_over(c.get()); }));
}

// Every connection has a turn, and one of the large bodies is decompressed a little further.
bool Endpoint::Work() {
  const std::vector<Connection*> unread = std::exchange(unread_, {});
  for (Connection* connection : unread) connection->Work();
  if (inflating_.empty()) return !unread_.empty();
  std::ranges::rotate(inflating_, inflating_.begin() + 1);
  inflating_.back()->Inflate();
  if (!inflating_.back()->inflates()) inflating_.pop_back();
  return !inflating_.empty() || !unread_.empty();
}

void Endpoint::Tick() {
  const Nanos now = clock_.Now();
  for (const auto& connection : connections_) connection->Tick(now);
}

}  // namespace hillock::rest
