// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace hillock::transport {
namespace {

absl::Status SystemError() {
  return absl::UnavailableError(std::generic_category().message(errno));
}

}  // namespace

absl::StatusOr<Descriptor> StartConnecting(const sockaddr* address, socklen_t size) {
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return SystemError();
  const int on = 1;
  if (address->sa_family != AF_UNIX) {
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (connect(socket.get(), address, size) != 0 && errno != EINPROGRESS) return SystemError();
  return socket;
}

}  // namespace hillock::transport
