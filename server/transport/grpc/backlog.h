// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_BACKLOG_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_BACKLOG_H_

#include <cstddef>
#include <string_view>
#include <utility>

#include "server/transport/buffer.h"

namespace hillock::transport {

// Bytes of one call that have arrived and are not parsed yet, because its handler has paused or a
// message is being decompressed. The stream's flow-control window bounds them. Not thread-safe.
class Backlog {
 public:
  // Begins a call. `unfinished` counts the connection's bytes of unfinished messages. Both must
  // live until Free().
  void Open(MemoryAccount& account, size_t& unfinished) {
    bytes_ = Buffer(account);
    parsed_ = 0;
    unfinished_ = &unfinished;
  }

  // False when the memory budget has no room.
  bool TryAppend(std::string_view bytes) {
    const size_t before = bytes_.allocated();
    const bool has_room = bytes_.TryReserve(bytes_.size() + bytes.size());
    *unfinished_ += bytes_.allocated() - before;
    if (has_room) bytes_.Append(bytes);
    return has_room;
  }

  bool empty() const { return bytes_.empty(); }
  std::string_view unparsed() const { return bytes_.view().substr(parsed_); }

  // Forgets the first `count` unparsed bytes. They count in the window again, so they must not stay
  // in memory: a client that is always ahead would make the backlog grow for as long as the call
  // lasts. They go when they are the larger part, so that few bytes move.
  void Drop(size_t count) {
    parsed_ += count;
    if (parsed_ == bytes_.size()) return Free();
    if (parsed_ > bytes_.size() / 2) bytes_.DropFront(std::exchange(parsed_, 0));
  }

  void Free() {
    *unfinished_ -= bytes_.allocated();
    bytes_.Free();
    parsed_ = 0;
  }

 private:
  Buffer bytes_;
  size_t parsed_ = 0;  // of bytes_
  size_t* unfinished_ = nullptr;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_BACKLOG_H_
