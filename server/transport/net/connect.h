// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_NET_CONNECT_H_
#define HILLOCK_SERVER_TRANSPORT_NET_CONNECT_H_

#include <sys/socket.h>

#include "absl/status/statusor.h"
#include "server/core/base/descriptor.h"

namespace hillock::transport {

// A non-blocking stream socket that connects to `address` (TCP, IPv6 or unix). It may still
// be connecting: reading and writing return EAGAIN until it is connected, and fail if it cannot be.
// Nagle's algorithm is off. Errors: UNAVAILABLE with the system's words.
absl::StatusOr<Descriptor> StartConnecting(const sockaddr* address, socklen_t size);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_CONNECT_H_
