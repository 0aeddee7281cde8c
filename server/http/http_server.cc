// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_server.h"

#include <algorithm>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/base/clock.h"
#include "server/transport/net/listener.h"

namespace hillock::http {
namespace {

constexpr Nanos kTickTime = 500'000'000;  // with connections; without any it waits for ever

bool HasWaitedLonger(const std::unique_ptr<Connection>& a, const std::unique_ptr<Connection>& b) {
  return a->since() < b->since();
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const transport::Address& address,
                                                              Handler handler) {
  HILLOCK_ASSIGN_OR_RETURN(auto listener, transport::Listener::Open(address));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(listener), std::move(handler)));
}

HttpServer::HttpServer(std::unique_ptr<transport::Listener> listener, Handler handler)
    : address_(listener->address()),
      codec_(std::move(handler)),
      acceptor_(loop_, std::move(listener), [this](Descriptor socket) { Take(std::move(socket)); }),
      thread_([this] { Run(); }) {}

HttpServer::~HttpServer() {
  loop_.Post([this] { stopped_ = true; });
  thread_.join();
}

// The low priority keeps clients that ask all the time from taking cores away from inference.
void HttpServer::Run() {
  MarkBackgroundThread({});
  while (!stopped_) {
    loop_.Poll(connections_.empty() ? -1 : kTickTime);
    Tick();
  }
}

void HttpServer::Take(Descriptor socket) {
  if (connections_.size() >= kMaxConnections) {
    connections_.erase(std::ranges::min_element(connections_, HasWaitedLonger));
  }
  connections_.push_back(
      std::make_unique<Connection>(loop_, std::move(socket), codec_, Clock::Monotonic().Now()));
}

void HttpServer::CloseLongestUnsent() {
  size_t unsent = 0;
  for (const auto& connection : connections_) unsent += connection->unsent();
  while (unsent > kMaxUnsentBytes) {
    const auto longest = std::ranges::min_element(connections_, {}, [](const auto& connection) {
      return std::pair(connection->unsent() == 0, connection->since());
    });
    unsent -= (*longest)->unsent();
    connections_.erase(longest);
  }
}

void HttpServer::Tick() {
  const Nanos now = Clock::Monotonic().Now();
  for (const auto& connection : connections_) connection->Tick(now);
  std::erase_if(connections_, [](const auto& connection) { return connection->over(); });
  CloseLongestUnsent();
}

}  // namespace hillock::http
