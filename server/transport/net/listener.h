// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_NET_LISTENER_H_
#define HILLOCK_SERVER_TRANSPORT_NET_LISTENER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "server/core/base/descriptor.h"
#include "server/core/base/status.h"
#include "server/transport/net/address.h"

namespace hillock::transport {

// The sockets that listen at one address. Without a free descriptor it accepts connections and
// closes them at once, so that none waits in vain, and serves again as soon as there are
// descriptors. Not thread-safe.
class Listener {
 public:
  // Listens as BindAndListen() does, whose errors it has.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const Address& address);

  // Removes the file of a unix socket, unless it is another server's by now.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The sockets, non-blocking, for an event loop that watches them for EPOLLIN. At least one.
  const std::vector<int>& descriptors() const { return descriptors_; }

  // The next connection: non-blocking, closed on exec, without Nagle's algorithm. Negative when
  // none waits, or when this call has refused enough of them.
  Descriptor Accept();

  // Connections that were closed for want of descriptors.
  uint64_t refused() const { return refused_; }

  // What it listens on, with the port that was chosen for port 0.
  const Address& address() const { return address_; }

 private:
  Listener(Address address, std::vector<Descriptor> sockets);

  // Takes a connection from the queue of `socket` and closes it, which needs a descriptor to spare.
  void Refuse(int socket);

  const Address address_;
  const std::vector<Descriptor> sockets_;
  std::vector<int> descriptors_;  // of sockets_
  Descriptor spare_;              // of /dev/null, given up to accept what is refused

  // Which file the unix socket is.
  dev_t device_ = 0;
  ino_t inode_ = 0;

  uint64_t refused_ = 0;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_LISTENER_H_
