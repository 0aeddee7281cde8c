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
                                                              Handler handler,
                                                              Elsewhere elsewhere) {
  HILLOCK_ASSIGN_OR_RETURN(auto listener, transport::Listener::Open(address));
  return std::unique_ptr<HttpServer>(
      new HttpServer(std::move(listener), std::move(handler), std::move(elsewhere)));
}

HttpServer::HttpServer(std::unique_ptr<transport::Listener> listener, Handler handler,
                       Elsewhere elsewhere)
    : address_(listener->address()),
      codec_(std::move(handler)),
      elsewhere_(std::move(elsewhere)),
      acceptor_(std::make_unique<transport::Acceptor>(
          loop_, std::move(listener),
          [this](Descriptor socket) {
            Take(std::make_unique<transport::SocketStream>(std::move(socket)), "");
          })),
      thread_([this] { Run(); }) {}

void HttpServer::Close() {
  if (!thread_.joinable()) return;
  loop_.Post([this] { stopped_ = true; });
  thread_.join();
  acceptor_.reset();
  connections_.clear();
}

// std::function must be copyable, hence the release.
void HttpServer::Adopt(std::unique_ptr<transport::ByteStream> stream, std::string bytes) {
  loop_.Post([this, raw = stream.release(), bytes = std::move(bytes)] {
    Take(std::unique_ptr<transport::ByteStream>(raw), bytes);
  });
}

// The low priority keeps clients that ask all the time from taking cores away from inference.
void HttpServer::Run() {
  MarkBackgroundThread({});
  while (!stopped_) {
    loop_.Poll(connections_.empty() ? -1 : kTickTime);
    Tick();
  }
}

void HttpServer::Take(std::unique_ptr<transport::ByteStream> stream, std::string bytes) {
  if (connections_.size() >= kMaxConnections) {
    connections_.erase(std::ranges::min_element(connections_, HasWaitedLonger));
  }
  connections_.push_back(std::make_unique<Connection>(
      loop_, std::move(stream), std::move(bytes), codec_, elsewhere_, Clock::Monotonic().Now()));
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
