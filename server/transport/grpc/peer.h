// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_PEER_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_PEER_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace hillock::transport {

// Which of a server's listeners a connection came to.
enum class Entrance : uint8_t { kPublic, kControl };

// What a server knows of the client of one connection, from call to call. The transport keeps it
// with the connection and does not look at it. Belongs to the connection's thread.
struct Peer {
  Entrance entrance = Entrance::kPublic;

  // The credentials that were accepted last, as the client sent them, and what they stand for:
  // number `holder` of the list of this generation. Generation 0: none were accepted.
  std::string credentials{};
  uint64_t generation = 0;
  size_t holder = 0;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_PEER_H_
