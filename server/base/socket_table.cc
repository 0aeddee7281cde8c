#include "server/base/socket_table.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace hillock {
namespace {

constexpr Nanos kScanPeriod = 1'000'000'000;

// With more connections than that few answers share one, and a scan would take milliseconds.
constexpr int kMostDescriptors = 4096;

// The bytes of an IPv6 address, IPv4's mapped into it, and of a port: the same for every spelling.
std::string KeyOf(const in6_addr& address, uint16_t port) {
  std::string key(reinterpret_cast<const char*>(&address), sizeof(address));
  return key.append(reinterpret_cast<const char*>(&port), sizeof(port));
}

in6_addr Mapped(const in_addr& address) {
  in6_addr mapped{};
  mapped.s6_addr[10] = mapped.s6_addr[11] = 0xff;
  std::memcpy(&mapped.s6_addr[12], &address, sizeof(address));
  return mapped;
}

std::optional<in6_addr> ParseAddress(const std::string& text) {
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return Mapped(v4);
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return v6;
  return std::nullopt;
}

std::string_view WithoutBrackets(std::string_view host) {
  for (const auto& [open, close] : {std::pair("[", "]"), std::pair("%5B", "%5D")}) {
    if (!host.starts_with(open) || !host.ends_with(close)) continue;
    host.remove_prefix(std::strlen(open));
    host.remove_suffix(std::strlen(close));
  }
  return host;
}

// Empty for what is no address and port.
std::string KeyOf(std::string_view peer) {
  const size_t scheme = peer.find(':');
  const size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos || scheme == colon) return "";
  uint16_t port = 0;
  const char* const end = peer.data() + peer.size();
  const auto [rest, error] = std::from_chars(peer.data() + colon + 1, end, port);
  if (error != std::errc() || rest != end) return "";
  const auto host = WithoutBrackets(peer.substr(scheme + 1, colon - scheme - 1));
  const auto address = ParseAddress(std::string(host));
  return address ? KeyOf(*address, port) : "";
}

// Empty unless the descriptor is a TCP socket that is connected.
std::string KeyOfPeer(int descriptor) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return "";
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    return KeyOf(Mapped(v4.sin_addr), ntohs(v4.sin_port));
  }
  if (peer.ss_family != AF_INET6) return "";
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
  return KeyOf(v6.sin6_addr, ntohs(v6.sin6_port));
}

}  // namespace

int SocketTable::Find(const std::string& peer) {
  const auto known = by_peer_.find(peer);
  if (known != by_peer_.end()) return known->second;
  const std::string key = KeyOf(peer);
  if (key.empty()) return -1;
  if (clock_.Now() >= next_scan_) Scan();
  const auto found = by_address_.find(key);
  if (found == by_address_.end()) return -1;
  return by_peer_[peer] = found->second;
}

void SocketTable::Scan() {
  next_scan_ = clock_.Now() + kScanPeriod;
  by_address_.clear();
  by_peer_.clear();
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return;
  for (int seen = 0; const dirent* const entry = readdir(folder.get()); ++seen) {
    if (seen == kMostDescriptors) return;
    int descriptor = -1;
    const std::string_view name = entry->d_name;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    const std::string key = KeyOfPeer(descriptor);
    if (!key.empty()) by_address_.insert_or_assign(key, descriptor);
  }
}

}  // namespace hillock
