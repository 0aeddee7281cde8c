#ifndef HILLOCK_SERVER_TRANSPORT_NET_CONNECT_H_
#define HILLOCK_SERVER_TRANSPORT_NET_CONNECT_H_

#include <sys/socket.h>

#include "absl/status/statusor.h"
#include "server/core/base/descriptor.h"

namespace hillock::transport {

// A non-blocking stream socket that connects to `address` (TCP, IPv6 or unix). It may be connecting
// still: reading and writing would block until it is connected, and fail when it cannot be. What is
// written leaves without delay. Errors: UNAVAILABLE with the system's words.
absl::StatusOr<Descriptor> StartConnecting(const sockaddr* address, socklen_t size);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_CONNECT_H_
