// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/acceptor.h"

#include <utility>

namespace hillock::transport {
namespace {

// Connections taken before those that are open have their turn.
constexpr int kMaxAccepted = 64;

}  // namespace

Acceptor::Acceptor(EventLoop& loop, std::unique_ptr<Listener> listener,
                   std::function<void(Descriptor)> take)
    : loop_(loop), listener_(std::move(listener)), take_(std::move(take)) {
  for (const int descriptor : listener_->descriptors()) {
    HILLOCK_CHECK(loop_.Add(descriptor, EPOLLIN, *this));
  }
}

void Acceptor::OnEvents(uint32_t) {
  for (int i = 0; i < kMaxAccepted && listener_ != nullptr; ++i) {
    Descriptor connection = listener_->Accept();
    if (connection.get() < 0) return;
    take_(std::move(connection));
  }
}

void Acceptor::Close() {
  if (listener_ == nullptr) return;
  for (const int descriptor : listener_->descriptors()) loop_.Remove(descriptor, *this);
  listener_.reset();
}

}  // namespace hillock::transport
