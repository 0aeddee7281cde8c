// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "server/transport/net/bind.h"

namespace hillock::transport {
namespace {

// Connections that one call of Accept() drops at most, so that a flood cannot occupy its thread.
constexpr int kMaxFailures = 64;

Descriptor OpenSpare() { return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool IsShortOfDescriptors(int error) { return error == EMFILE || error == ENFILE; }

Descriptor AcceptFrom(int socket) {
  return Descriptor(accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

Descriptor ReadyFor(Address::Kind kind, Descriptor connection) {
  const int on = 1;
  if (kind == Address::Kind::kTcp) {
    setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  return connection;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const Address& address) {
  Address bound = address;
  HILLOCK_ASSIGN_OR_RETURN(auto sockets, BindAndListen(bound));
  return std::unique_ptr<Listener>(new Listener(std::move(bound), std::move(sockets)));
}

Listener::Listener(Address address, std::vector<Descriptor> sockets)
    : address_(std::move(address)), sockets_(std::move(sockets)), spare_(OpenSpare()) {
  for (const Descriptor& socket : sockets_) descriptors_.push_back(socket.get());
  struct stat file {};
  if (address_.kind == Address::Kind::kUnix && lstat(address_.name.c_str(), &file) == 0) {
    device_ = file.st_dev;
    inode_ = file.st_ino;
  }
}

Listener::~Listener() {
  struct stat file {};
  if (address_.kind != Address::Kind::kUnix || lstat(address_.name.c_str(), &file) != 0) return;
  if (file.st_dev == device_ && file.st_ino == inode_) unlink(address_.name.c_str());
}

Descriptor Listener::Accept() {
  int failures = 0;
  for (const int socket : descriptors_) {
    while (failures < kMaxFailures) {
      Descriptor connection = AcceptFrom(socket);
      if (connection.get() >= 0) return ReadyFor(address_.kind, std::move(connection));
      if (errno == EAGAIN) break;
      // All else is about that one connection, or passes (accept(2)): the socket goes on listening.
      ++failures;
      if (IsShortOfDescriptors(errno)) Refuse(socket);
    }
  }
  return Descriptor(-1);
}

void Listener::Refuse(int socket) {
  spare_ = Descriptor(-1);
  if (AcceptFrom(socket).get() >= 0) ++refused_;
  spare_ = OpenSpare();
}

}  // namespace hillock::transport
