// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/bind.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace hillock::transport {
namespace {

constexpr int kBacklog = 4096;     // the kernel cuts it to net.core.somaxconn
constexpr int kPortAttempts = 16;  // to find a port that is free for every family

absl::Status Failed(const std::string& reason) { return absl::UnavailableError(reason); }

absl::Status Failed(int error) {
  std::string reason = std::generic_category().message(error);
  reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return Failed(reason);
}

struct Opened {
  Descriptor socket{-1};
  int error = 0;  // errno, when there is none
};

void SetOption(int socket, int level, int name, int value) {
  // Fails only for a descriptor that is no such socket.
  HILLOCK_CHECK(setsockopt(socket, level, name, &value, sizeof(value)) == 0);
}

Opened OpenOne(const SocketAddress& address, bool only_ipv6) {
  Opened opened;
  opened.socket =
      Descriptor(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = opened.socket.get();
  if (fd < 0) return {Descriptor(-1), errno};
  // A restart need not wait for connections of the server before it. SO_REUSEPORT would let a
  // second server take half of the connections.
  if (address.family() != AF_UNIX) SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6) SetOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, only_ipv6 ? 1 : 0);
  if (bind(fd, address.get(), address.size) != 0) return {Descriptor(-1), errno};
  if (listen(fd, kBacklog) != 0) return {Descriptor(-1), errno};
  return opened;
}

uint16_t PortOf(const Descriptor& socket) {
  SocketAddress bound;
  bound.size = sizeof(bound.storage);
  HILLOCK_CHECK(getsockname(socket.get(), bound.get(), &bound.size) == 0);
  return bound.port();
}

bool IsOfMissingFamily(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL; }

struct Group {
  std::vector<Descriptor> sockets;
  uint16_t port = 0;  // of all of them
  int error = 0;      // that stopped it
};

Group OpenGroup(std::vector<SocketAddress>& addresses, uint16_t port) {
  const auto has = [&](int family) {
    return std::ranges::any_of(addresses, [&](const auto& a) { return a.family() == family; });
  };
  const bool only_ipv6 = has(AF_INET) && has(AF_INET6);
  Group group;
  group.port = port;
  int missing = 0;
  for (SocketAddress& address : addresses) {
    address.set_port(group.port);
    auto [socket, error] = OpenOne(address, only_ipv6);
    if (IsOfMissingFamily(error)) {
      missing = error;
      continue;
    }
    group.error = error;
    if (error != 0) return group;
    if (group.port == 0) group.port = PortOf(socket);
    group.sockets.push_back(std::move(socket));
  }
  if (group.sockets.empty()) group.error = missing;
  return group;
}

absl::StatusOr<std::vector<Descriptor>> OpenTcp(Address& address) {
  HILLOCK_ASSIGN_OR_RETURN(auto addresses, Resolve(address));
  return ListenOnAll(std::move(addresses), address.port);
}

// Removes the socket's file at `path` if no process listens there any more.
absl::Status RemoveStale(const std::string& path, const SocketAddress& address) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) return errno == ENOENT ? absl::OkStatus() : Failed(errno);
  if (!S_ISSOCK(file.st_mode)) return Failed("there is a file that is no socket");
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe.get() < 0) return Failed(errno);
  const bool answers = connect(probe.get(), address.get(), address.size) == 0 || errno == EAGAIN;
  if (answers) return Failed("the path is in use by a running server");
  if (errno == ENOENT) return absl::OkStatus();
  if (errno != ECONNREFUSED || unlink(path.c_str()) != 0) return Failed(errno);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Descriptor>> OpenUnix(const Address& address) {
  HILLOCK_ASSIGN_OR_RETURN(const auto addresses, Resolve(address));
  Opened opened = OpenOne(addresses[0], false);
  if (opened.error == EADDRINUSE && address.kind == Address::Kind::kUnix) {
    HILLOCK_RETURN_IF_ERROR(RemoveStale(address.name, addresses[0]));
    opened = OpenOne(addresses[0], false);
  }
  if (opened.error != 0) return Failed(opened.error);
  std::vector<Descriptor> sockets;
  sockets.push_back(std::move(opened.socket));
  return sockets;
}

}  // namespace

absl::StatusOr<std::vector<Descriptor>> BindAndListen(Address& address) {
  auto sockets = address.kind == Address::Kind::kTcp ? OpenTcp(address) : OpenUnix(address);
  if (sockets.ok()) return sockets;
  return Annotate(sockets.status(), fmt::format("cannot listen on '{}'", address.ToString()));
}

absl::StatusOr<std::vector<Descriptor>> ListenOnAll(std::vector<SocketAddress> addresses,
                                                    uint16_t& port) {
  Group group;
  for (int i = 0; i < kPortAttempts; ++i) {
    group = OpenGroup(addresses, port);
    // The port that the system chose for one family may be taken in the other.
    const bool try_another = port == 0 && group.error == EADDRINUSE;
    if (!try_another) break;
  }
  if (group.error != 0) return Failed(group.error);
  port = group.port;
  return std::move(group.sockets);
}

}  // namespace hillock::transport
