// SPDX-License-Identifier: Apache-2.0

// Where a server listens and a client calls: one notation for both.

#ifndef HILLOCK_SERVER_TRANSPORT_NET_ADDRESS_H_
#define HILLOCK_SERVER_TRANSPORT_NET_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"

namespace hillock::transport {

struct Address {
  enum class Kind {
    kTcp,
    kUnix,      // a socket in the file system
    kAbstract,  // a Linux socket that has a name and no file (unix(7))
  };

  Kind kind = Kind::kTcp;
  std::string name;   // the host, an IPv6 one without brackets; the path; or the abstract name
  uint16_t port = 0;  // of TCP

  // "HOST:PORT", "[IPV6]:PORT", "unix:PATH" or "unix-abstract:NAME": what ParseAddress() reads.
  std::string ToString() const;

  bool operator==(const Address&) const = default;
};

// What an address may be, beyond a TCP one with a port.
struct AddressRules {
  bool sockets = true;     // unix: and unix-abstract: ones
  bool zero_port = false;  // which stands for any free port when listening
};

// Reads HOST:PORT, [IPV6]:PORT, PORT, :PORT (both of 127.0.0.1), unix:PATH, unix:///PATH or
// unix-abstract:NAME. Nothing is looked up. INVALID_ARGUMENT with got, want and the reason.
absl::StatusOr<Address> ParseAddress(std::string_view text, const AddressRules& rules);

// An address as the system takes it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }

  // 0 when the family has no ports.
  uint16_t port() const;
  void set_port(uint16_t port);  // REQUIRES: AF_INET or AF_INET6
};

// All that the address stands for, at least one and none twice, in the order of preference. A name
// is looked up, which may take seconds. UNAVAILABLE when it is unknown.
absl::StatusOr<std::vector<SocketAddress>> Resolve(const Address& address);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_ADDRESS_H_
