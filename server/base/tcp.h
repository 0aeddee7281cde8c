// TCP sockets of libraries that keep them to themselves.

#ifndef HILLOCK_SERVER_BASE_TCP_H_
#define HILLOCK_SERVER_BASE_TCP_H_

#include <netinet/in.h>

#include <cstdint>
#include <vector>

namespace hillock {

struct TcpSocket {
  int descriptor = -1;
  in6_addr peer{};  // an address of IPv4 is mapped into IPv6's (RFC 4291, 2.5.5.2)
  uint16_t port = 0;
};

// The address as ListTcpSockets() has it.
in6_addr Mapped(const in_addr& address);

// The process's TCP sockets that are connected. Any may be closed by the time this returns, so it
// is good for hints to the kernel only. None is listed beyond the first 4,096 descriptors.
std::vector<TcpSocket> ListTcpSockets();

// While held, what is written to the socket waits in the kernel until it fills a segment, but no
// longer than 200 ms (TCP_CORK, tcp(7)). A hint: nothing happens where the descriptor is no TCP
// socket by now.
void HoldWrites(int socket, bool hold);

}  // namespace hillock

#endif  // HILLOCK_SERVER_BASE_TCP_H_
