// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>

namespace hillock::transport {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kAbstract = "unix-abstract:";
constexpr std::string_view kSchemeMark = "://";
constexpr char kLoopback[] = "127.0.0.1";

// A path ends with a zero byte, and an abstract name begins with one.
constexpr size_t kMaxNameBytes = sizeof(sockaddr_un::sun_path) - 1;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHostCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_';
}

bool IsIpv6(std::string_view host) {
  const std::string without_zone(host.substr(0, host.find('%')));
  in6_addr unused{};
  return inet_pton(AF_INET6, without_zone.c_str(), &unused) == 1;
}

// The reason why it is none, or OK.
absl::StatusOr<uint16_t> ParsePort(std::string_view text, const AddressRules& rules) {
  if (text.empty()) return absl::InvalidArgumentError("the port is missing");
  if (!std::ranges::all_of(text, IsDigit)) {
    return absl::InvalidArgumentError(fmt::format("port '{}' is no number", Excerpt(text)));
  }
  uint16_t port = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), port).ec != std::errc()) {
    return absl::InvalidArgumentError(fmt::format("port {} is over 65535", Excerpt(text)));
  }
  if (port == 0 && !rules.zero_port) {
    return absl::InvalidArgumentError("port 0 is none that can be called");
  }
  return port;
}

absl::StatusOr<Address> ParseSocket(Address::Kind kind, std::string_view name) {
  const char* const noun = kind == Address::Kind::kUnix ? "path" : "name";
  if (name.empty()) return absl::InvalidArgumentError(fmt::format("the {} is missing", noun));
  if (name.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(
        fmt::format("the {} has {} bytes, at most {} fit", noun, name.size(), kMaxNameBytes));
  }
  if (name.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format("the {} has a zero byte in it", noun));
  }
  return Address{kind, std::string(name), 0};
}

absl::StatusOr<Address> ParseUnix(std::string_view path) {
  if (!path.starts_with("//")) return ParseSocket(Address::Kind::kUnix, path);
  path.remove_prefix(2);
  if (!path.starts_with('/')) {
    return absl::InvalidArgumentError("unix:// takes an absolute path, as in unix:///run/h.sock");
  }
  return ParseSocket(Address::Kind::kUnix, path);
}

// `text` begins with a bracket.
absl::StatusOr<Address> ParseBracketed(std::string_view text, const AddressRules& rules) {
  const size_t end = text.find(']');
  if (end == std::string_view::npos) {
    return absl::InvalidArgumentError("the closing bracket is missing");
  }
  const std::string_view host = text.substr(1, end - 1);
  const std::string_view rest = text.substr(end + 1);
  if (!IsIpv6(host)) return absl::InvalidArgumentError("what is in brackets is no IPv6 address");
  if (!rest.empty() && !rest.starts_with(':')) {
    return absl::InvalidArgumentError("a colon and the port must follow the closing bracket");
  }
  HILLOCK_ASSIGN_OR_RETURN(const uint16_t port,
                           ParsePort(rest.substr(rest.empty() ? 0 : 1), rules));
  return Address{Address::Kind::kTcp, std::string(host), port};
}

absl::StatusOr<Address> ParseTcp(std::string_view text, const AddressRules& rules) {
  if (text.starts_with('[')) return ParseBracketed(text, rules);
  const size_t colon = text.rfind(':');
  const bool port_only = !text.empty() && std::ranges::all_of(text, IsDigit);
  const std::string_view host = port_only ? "" : text.substr(0, colon);
  if (host.find(':') != std::string_view::npos) {
    return absl::InvalidArgumentError("an IPv6 host needs brackets, as in [::1]:8001");
  }
  if (!std::ranges::all_of(host, IsHostCharacter)) {
    return absl::InvalidArgumentError("the host has a character that no host has");
  }
  std::string_view port = text;
  if (!port_only) port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  HILLOCK_ASSIGN_OR_RETURN(const uint16_t number, ParsePort(port, rules));
  return Address{Address::Kind::kTcp, host.empty() ? kLoopback : std::string(host), number};
}

// Errors are reasons alone.
absl::StatusOr<Address> Parse(std::string_view text, const AddressRules& rules) {
  const bool is_unix = text.starts_with(kUnix);
  const bool is_abstract = text.starts_with(kAbstract);
  if ((is_unix || is_abstract) && !rules.sockets) {
    return absl::InvalidArgumentError("this one cannot be a unix socket");
  }
  if (is_unix) return ParseUnix(text.substr(kUnix.size()));
  if (is_abstract) {
    return ParseSocket(Address::Kind::kAbstract, text.substr(kAbstract.size()));
  }
  if (const size_t mark = text.find(kSchemeMark); mark != std::string_view::npos) {
    return absl::InvalidArgumentError(
        fmt::format("leave out '{}'", Excerpt(text.substr(0, mark + kSchemeMark.size()))));
  }
  return ParseTcp(text, rules);
}

SocketAddress SocketOf(const Address& address) {
  SocketAddress socket;
  auto& name = reinterpret_cast<sockaddr_un&>(socket.storage);
  const bool abstract = address.kind == Address::Kind::kAbstract;
  HILLOCK_CHECK(address.name.size() <= kMaxNameBytes);
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path + (abstract ? 1 : 0), address.name.data(), address.name.size());
  // Every byte of an abstract name counts, so that it ends with the size.
  socket.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.name.size() + 1);
  return socket;
}

struct ListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

bool Same(const SocketAddress& a, const SocketAddress& b) {
  return a.size == b.size && std::memcmp(&a.storage, &b.storage, a.size) == 0;
}

}  // namespace

std::string Address::ToString() const {
  switch (kind) {
    case Kind::kUnix:
      return fmt::format("{}{}", kUnix, name);
    case Kind::kAbstract:
      return fmt::format("{}{}", kAbstract, name);
    case Kind::kTcp:
      break;
  }
  const bool bracketed = name.find(':') != std::string::npos;
  return bracketed ? fmt::format("[{}]:{}", name, port) : fmt::format("{}:{}", name, port);
}

absl::StatusOr<Address> ParseAddress(std::string_view text, const AddressRules& rules) {
  absl::StatusOr<Address> address = Parse(text, rules);
  if (address.ok()) return address;
  return absl::InvalidArgumentError(
      fmt::format("got '{}', want HOST:PORT, [IPV6]:PORT, PORT{}: {}", Excerpt(text),
                  rules.sockets ? ", unix:PATH or unix-abstract:NAME" : "",
                  std::string(address.status().message())));
}

uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

void SocketAddress::set_port(uint16_t port) {
  HILLOCK_CHECK(family() == AF_INET || family() == AF_INET6);
  if (family() == AF_INET) {
    reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
  }
}

absl::StatusOr<std::vector<SocketAddress>> Resolve(const Address& address) {
  if (address.kind != Address::Kind::kTcp) return std::vector{SocketOf(address)};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.name.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, ListDeleter> owned(found);
  if (error != 0) {
    return absl::UnavailableError(
        fmt::format("cannot look up '{}': {}", Excerpt(address.name), gai_strerror(error)));
  }
  std::vector<SocketAddress> sockets;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    SocketAddress socket;
    std::memcpy(&socket.storage, one->ai_addr, one->ai_addrlen);
    socket.size = one->ai_addrlen;
    if (std::ranges::none_of(sockets, [&](const auto& other) { return Same(socket, other); })) {
      sockets.push_back(socket);
    }
  }
  HILLOCK_CHECK(!sockets.empty());
  return sockets;
}

}  // namespace hillock::transport
