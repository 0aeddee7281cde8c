// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CALL_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CALL_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/core/base/clock.h"
#include "server/transport/grpc/unary_answer.h"

namespace hillock::transport {

class ClientConnection;

// One unary call of a ClientConnection, used again and again. It and its message must live until
// it has ended. Belongs to its connection's thread.
//
//     idle --Start()--> waiting for a stream --submitted--> open --stream closed--> idle,
//     OnAnswer()
//                            |                                |
//                            +----------Cancel()--------------+--> idle
//                            +---the connection is lost-------+--> idle, OnAnswer()
class ClientCall {
 public:
  enum class Fate : uint8_t {
    kTaken,    // the server may have worked on it
    kRefused,  // it was sent, and the server reports that it did not look at it
    kUnsent,   // it never left
  };

  const UnaryAnswer& answer() const { return answer_; }

  // Whether it may be sent again although calls must not be repeated.
  Fate fate() const { return fate_; }

  // Where it was started.
  ClientConnection* connection() const { return connection_; }

 private:
  friend class ClientCallList;
  friend class ClientConnection;
  friend struct ClientCallbacks;

  std::string_view message_;
  Nanos deadline_ = kNoDeadline;
  ClientConnection* connection_ = nullptr;
  ClientCall* previous_ = nullptr;  // in the list of open or of waiting calls, as next_
  ClientCall* next_ = nullptr;
  int32_t stream_ = 0;  // 0: it has none
  Fate fate_ = Fate::kUnsent;
  size_t sent_ = 0;  // bytes of the message
  UnaryAnswer answer_;
};

// Calls in the order of their start, linked through themselves: no allocation, removal in O(1).
class ClientCallList {
 public:
  void Append(ClientCall& call);
  void Remove(ClientCall& call);

  bool empty() const { return first_ == nullptr; }
  ClientCall& front() const { return *first_; }
  size_t size() const { return size_; }

 private:
  ClientCall* first_ = nullptr;
  ClientCall* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_CLIENT_CLIENT_CALL_H_
