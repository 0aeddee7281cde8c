// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/byte_stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace hillock::transport {

IoResult SocketStream::Read(std::span<char> into) {
  ssize_t count = 0;
  do {
    count = recv(socket_.get(), into.data(), into.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return Failed(errno);
  if (count == 0) return {IoResult::Kind::kClosed};
  return {IoResult::Kind::kBytes, static_cast<size_t>(count)};
}

IoResult SocketStream::Write(std::string_view bytes) {
  ssize_t count = 0;
  do {
    count = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return Failed(errno);
  return {IoResult::Kind::kBytes, static_cast<size_t>(count)};
}

void SocketStream::CloseWrite() { shutdown(socket_.get(), SHUT_WR); }

IoResult SocketStream::Failed(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) return {IoResult::Kind::kWouldBlock};
  error_ = error;
  return {error == EPIPE ? IoResult::Kind::kClosed : IoResult::Kind::kFailed};
}

absl::Status SocketStream::error() const {
  return absl::UnavailableError(std::generic_category().message(error_));
}

}  // namespace hillock::transport
