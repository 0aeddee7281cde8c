// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_NET_BIND_H_
#define HILLOCK_SERVER_TRANSPORT_NET_BIND_H_

#include <cstdint>
#include <vector>

#include "server/core/base/descriptor.h"
#include "server/core/base/status.h"
#include "server/transport/net/address.h"

namespace hillock::transport {

// Non-blocking sockets that listen on all that `address` stands for, at least one. Port 0 becomes,
// in `address` too, a port that is free for each of them. Address families that this machine does
// not have are skipped unless there is no other. No second server can listen on the same, but
// the file that a dead server's unix socket has left is replaced.
//
// Errors, in one line that names the address: as of Resolve(); UNAVAILABLE with the system's
// reason.
absl::StatusOr<std::vector<Descriptor>> BindAndListen(Address& address);

// The TCP part of it: listens on all of `addresses` at one port; 0 takes a free one, and becomes
// it. Errors: UNAVAILABLE with the system's reason alone. REQUIRES: AF_INET and AF_INET6 only, at
// least one.
absl::StatusOr<std::vector<Descriptor>> ListenOnAll(std::vector<SocketAddress> addresses,
                                                    uint16_t& port);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_BIND_H_
