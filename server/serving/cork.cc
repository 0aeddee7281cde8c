#include "server/serving/cork.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

namespace hillock::serving {
namespace {

// A hint: it fails, and need not succeed, where the descriptor is something else by now.
void SetCork(int socket, int on) { setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)); }

// Leaves one of each that is there several times, and none of the others.
void KeepRepeated(std::vector<int>& sockets) {
  std::ranges::sort(sockets);
  auto kept = sockets.begin();
  for (auto first = sockets.begin(); first != sockets.end();) {
    const auto next = std::upper_bound(first, sockets.end(), *first);
    if (next - first > 1) *kept++ = *first;
    first = next;
  }
  sockets.erase(kept, sockets.end());
}

}  // namespace

Cork::Cork(const Block& block, std::vector<int>& scratch) : sockets_(scratch) {
  sockets_.clear();
  if (block.segments.size() < 2) return;
  for (const Block::Segment& segment : block.segments) {
    const int socket = segment.job->Socket();
    if (socket >= 0) sockets_.push_back(socket);
  }
  KeepRepeated(sockets_);
  for (const int socket : sockets_) SetCork(socket, 1);
}

Cork::~Cork() {
  for (const int socket : sockets_) SetCork(socket, 0);
}

}  // namespace hillock::serving
