#include "server/serving/cork.h"

#include <utility>

#include "server/base/tcp.h"

namespace hillock::serving {

void Cork::Next(int socket, int then) {
  if (socket == held_) return;
  Release();
  if (socket < 0 || socket != then) return;
  HoldWrites(socket, true);
  held_ = socket;
}

void Cork::Release() {
  if (held_ >= 0) HoldWrites(std::exchange(held_, -1), false);
}

}  // namespace hillock::serving
