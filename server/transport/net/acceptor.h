// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_NET_ACCEPTOR_H_
#define HILLOCK_SERVER_TRANSPORT_NET_ACCEPTOR_H_

#include <functional>
#include <memory>

#include "server/core/base/descriptor.h"
#include "server/transport/net/event_loop.h"
#include "server/transport/net/listener.h"

namespace hillock::transport {

// Takes connections on an event loop as they come. Belongs to the loop's thread, except for
// construction before the loop runs.
class Acceptor final : private EventLoop::Source {
 public:
  // `take` is given each connection, on the loop. `loop` must outlive this.
  Acceptor(EventLoop& loop, std::unique_ptr<Listener> listener,
           std::function<void(Descriptor)> take);
  ~Acceptor() { Close(); }

  // Listens no more: the system refuses new connections.
  void Close();

 private:
  void OnEvents(uint32_t events) override;

  EventLoop& loop_;
  std::unique_ptr<Listener> listener_;  // none once it is closed
  const std::function<void(Descriptor)> take_;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_ACCEPTOR_H_
