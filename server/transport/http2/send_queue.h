// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_SEND_QUEUE_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_SEND_QUEUE_H_

#include <cstddef>
#include <vector>

#include "server/transport/buffer.h"

namespace hillock::transport {

// The messages of one call that wait for the peer to take them, prefixes included. Used for one
// call after another. Not thread-safe.
class SendQueue {
 public:
  void Push(Buffer message);

  // Moves the first `count` bytes to the end of `out`. REQUIRES: count <= bytes().
  void Pop(size_t count, Buffer& out);

  void Clear();

  size_t bytes() const { return bytes_; }

 private:
  std::vector<Buffer> messages_;
  size_t first_ = 0;   // the message that leaves next
  size_t popped_ = 0;  // of that message
  size_t bytes_ = 0;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_SEND_QUEUE_H_
