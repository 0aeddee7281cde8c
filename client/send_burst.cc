#include "client/send_burst.h"

#include <utility>

#include "server/base/tcp.h"

namespace hillock::client {

void SendBurst::Use(std::vector<int> sockets) {
  End();
  sockets_ = std::move(sockets);
}

void SendBurst::Add() {
  if (++answers_ != 2) return;
  for (const int socket : sockets_) HoldWrites(socket, true);
}

void SendBurst::End() {
  if (std::exchange(answers_, 0) < 2) return;
  for (const int socket : sockets_) HoldWrites(socket, false);
}

}  // namespace hillock::client
