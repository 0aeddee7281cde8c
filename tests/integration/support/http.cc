// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/http.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "server/core/base/status.h"

namespace hillock::testing {
namespace {

sockaddr_in ToSocketAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  HILLOCK_CHECK(inet_pton(AF_INET, address.substr(0, colon).c_str(), &out.sin_addr) == 1);
  return out;
}

const sockaddr* Generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

int TcpSocket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  HILLOCK_CHECK(fd >= 0);
  return fd;
}

// Everything the peer sends until it closes the connection.
std::string Exchange(const std::string& address, const std::string& request) {
  const int fd = TcpSocket();
  const sockaddr_in peer = ToSocketAddress(address);
  std::string answer;
  if (connect(fd, Generic(peer), sizeof(peer)) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    char buffer[65536];
    for (ssize_t n = 0; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(n));
    }
  }
  close(fd);
  return answer;
}

}  // namespace

HttpAnswer HttpGet(const std::string& address, const std::string& path) {
  // Version 1.0 asks for a body in one piece.
  const std::string text =
      Exchange(address, fmt::format("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", path, address));
  HttpAnswer answer;
  if (std::sscanf(text.c_str(), "HTTP/%*s %d", &answer.status) != 1) return {};
  const size_t end_of_head = text.find("\r\n\r\n");
  if (end_of_head != std::string::npos) answer.body = text.substr(end_of_head + 4);
  return answer;
}

TakenPort::TakenPort() : socket_(TcpSocket()) {
  sockaddr_in local = ToSocketAddress("127.0.0.1:0");
  HILLOCK_CHECK(bind(socket_, Generic(local), sizeof(local)) == 0);
  HILLOCK_CHECK(listen(socket_, 1) == 0);
  socklen_t size = sizeof(local);
  HILLOCK_CHECK(getsockname(socket_, reinterpret_cast<sockaddr*>(&local), &size) == 0);
  address_ = fmt::format("127.0.0.1:{}", ntohs(local.sin_port));
}

TakenPort::~TakenPort() { close(socket_); }

}  // namespace hillock::testing
