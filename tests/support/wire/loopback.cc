// SPDX-License-Identifier: Apache-2.0
#include "tests/support/wire/loopback.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "server/core/base/status.h"

namespace hillock::testing {
namespace {

// The loopback interface's address, at any port.
sockaddr_in6 AddressOf(int family, socklen_t& size) {
  sockaddr_in6 address{};
  if (family == AF_INET) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof(v4);
  } else {
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    size = sizeof(address);
  }
  return address;
}

}  // namespace

bool HasLoopback(int family) {
  const Descriptor probe(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  socklen_t size = 0;
  const sockaddr_in6 address = AddressOf(family, size);
  return bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

Loopback::Loopback(int family)
    : client_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)), server_(-1) {
  const Descriptor listener(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  socklen_t size = 0;
  sockaddr_in6 address = AddressOf(family, size);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  HILLOCK_CHECK(bind(listener.get(), any, size) == 0 && listen(listener.get(), 1) == 0);
  HILLOCK_CHECK(getsockname(listener.get(), any, &size) == 0);
  HILLOCK_CHECK(connect(client_.get(), any, size) == 0);
  server_ = Descriptor(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  HILLOCK_CHECK(getsockname(client_.get(), any, &size) == 0);
  client_port_ = ntohs(address.sin6_port);  // where IPv4's is, too
}

bool IsHeld(int socket) {
  int on = 0;
  socklen_t size = sizeof(on);
  HILLOCK_CHECK(getsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, &size) == 0);
  return on == 1;
}

}  // namespace hillock::testing
