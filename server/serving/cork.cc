#include "server/serving/cork.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

namespace hillock::serving {
namespace {

// A hint: it fails, and need not succeed, where the descriptor is something else by now.
void SetCork(int socket, int on) { setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)); }

}  // namespace

void Cork::Next(int socket, int then) {
  if (socket == held_) return;
  Release();
  if (socket < 0 || socket != then) return;
  SetCork(socket, 1);
  held_ = socket;
}

void Cork::Release() {
  if (held_ >= 0) SetCork(std::exchange(held_, -1), 0);
}

}  // namespace hillock::serving
