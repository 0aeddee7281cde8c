#ifndef HILLOCK_SERVER_BASE_SOCKET_TABLE_H_
#define HILLOCK_SERVER_BASE_SOCKET_TABLE_H_

#include <string>
#include <unordered_map>

#include "server/base/clock.h"

namespace hillock {

// Finds the sockets of this process's TCP connections by whom they lead to, for libraries that keep
// their sockets to themselves. What it says may be out of date: a socket that was closed since may
// be another one now, so it is good for hints to the kernel only. Not thread-safe.
class SocketTable {
 public:
  // `clock` must outlive this.
  explicit SocketTable(const Clock& clock) : clock_(clock) {}

  // The socket whose peer that is, in gRPC's spelling: "ipv4:127.0.0.1:50051",
  // "ipv6:%5B::1%5D:50051" or "ipv6:[::1]:50051". -1 when there is none, and for anything else.
  // Looks through the process's descriptors for a peer it does not know, but only once a second, so
  // a new connection may go unknown for so long.
  int Find(const std::string& peer);

 private:
  void Scan();

  const Clock& clock_;
  Nanos next_scan_ = 0;
  std::unordered_map<std::string, int> by_address_;  // as of the last scan
  std::unordered_map<std::string, int> by_peer_;     // found since then
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_BASE_SOCKET_TABLE_H_
