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

HttpConnection::HttpConnection(const std::string& address) : socket_(TcpSocket()) {
  const sockaddr_in peer = ToSocketAddress(address);
  const timeval limit{30, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (connect(socket_, Generic(peer), sizeof(peer)) != 0) shutdown(socket_, SHUT_RDWR);
}

HttpConnection::~HttpConnection() { close(socket_); }

bool HttpConnection::Send(std::string_view bytes) {
  return send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

bool HttpConnection::ReceiveMore() {
  char buffer[65536];
  const ssize_t count = recv(socket_, buffer, sizeof(buffer), 0);
  if (count > 0) received_.append(buffer, static_cast<size_t>(count));
  return count > 0;
}

HttpAnswer HttpConnection::Receive() {
  constexpr std::string_view kLength = "Content-Length: ";
  size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReceiveMore()) return {};
  }
  HttpAnswer answer;
  answer.head = received_.substr(0, end + 2);
  std::sscanf(answer.head.c_str(), "HTTP/%*s %d", &answer.status);
  const size_t at = answer.head.find(kLength);
  const size_t length =
      at == std::string::npos ? 0 : std::stoul(answer.head.substr(at + kLength.size()));
  while (received_.size() < end + 4 + length) {
    if (!ReceiveMore()) return {};
  }
  answer.body = received_.substr(end + 4, length);
  received_.erase(0, end + 4 + length);
  return answer;
}

HttpAnswer HttpConnection::Get(const std::string& path, const std::string& headers) {
  Send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path, headers));
  return Receive();
}

HttpAnswer HttpConnection::Post(const std::string& path, const std::string& body,
                                const std::string& headers) {
  Send(fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{}\r\n{}", path,
                   body.size(), headers, body));
  return Receive();
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
