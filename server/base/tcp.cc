#include "server/base/tcp.h"

#include <dirent.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace hillock {
namespace {

// With more of them than that a listing would take milliseconds.
constexpr int kMostDescriptors = 4096;

bool IsTcp(int descriptor) {
  int protocol = 0;
  socklen_t size = sizeof(protocol);
  return getsockopt(descriptor, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
         protocol == IPPROTO_TCP;
}

// None unless the descriptor is a TCP socket that is connected.
std::optional<TcpSocket> FindPeer(int descriptor) {
  if (!IsTcp(descriptor)) return std::nullopt;
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return std::nullopt;
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    return TcpSocket{descriptor, Mapped(v4.sin_addr), ntohs(v4.sin_port)};
  }
  if (peer.ss_family != AF_INET6) return std::nullopt;
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
  return TcpSocket{descriptor, v6.sin6_addr, ntohs(v6.sin6_port)};
}

}  // namespace

in6_addr Mapped(const in_addr& address) {
  in6_addr mapped{};
  mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
  std::memcpy(&mapped.s6_addr[12], &address, sizeof(address));
  return mapped;
}

std::vector<TcpSocket> ListTcpSockets() {
  std::vector<TcpSocket> sockets;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return sockets;
  for (int seen = 0; seen < kMostDescriptors; ++seen) {
    const dirent* const entry = readdir(folder.get());
    if (entry == nullptr) break;
    int descriptor = -1;
    const std::string_view name = entry->d_name;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (const auto socket = FindPeer(descriptor)) sockets.push_back(*socket);
  }
  return sockets;
}

void HoldWrites(int socket, bool hold) {
  const int on = hold ? 1 : 0;
  setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

}  // namespace hillock
