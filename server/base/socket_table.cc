#include "server/base/socket_table.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "server/base/tcp.h"

namespace hillock {
namespace {

constexpr Nanos kScanPeriod = 1'000'000'000;

// The bytes of an address and of a port: the same for every spelling.
std::string KeyOf(const in6_addr& address, uint16_t port) {
  std::string key(reinterpret_cast<const char*>(&address), sizeof(address));
  return key.append(reinterpret_cast<const char*>(&port), sizeof(port));
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
  for (const TcpSocket& socket : ListTcpSockets()) {
    by_address_.insert_or_assign(KeyOf(socket.peer, socket.port), socket.descriptor);
  }
}

}  // namespace hillock
