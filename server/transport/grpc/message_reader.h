// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_MESSAGE_READER_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_MESSAGE_READER_H_

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "server/core/base/status.h"
#include "server/transport/buffer.h"
#include "server/transport/grpc/compression.h"
#include "server/transport/grpc/grpc_protocol.h"

namespace hillock::transport {

// Puts the messages of one call together from the bytes that arrive, and decompresses them. Each is
// a prefix of 5 bytes and a body.
//
//     kPrefix --5 bytes--> kBody --last byte--> kComplete --Take()--> kPrefix
//                            |                      ^
//                            | if compressed        | Inflate() reaches the end
//                            +----> kInflating -----+
//
// An error from Read() or Inflate() leaves nothing to read: the caller ends the call.
//
// Memory is taken as a body arrives, never by what a prefix alone says, but for small messages. All
// of it is charged to the account and to the connection's count. Used for one call after another.
// Not thread-safe.
class MessageReader {
 public:
  enum class State { kPrefix, kBody, kInflating, kComplete };

  struct Limits {
    size_t message_bytes;     // of one message, decompressed
    size_t unfinished_bytes;  // of messages that have not arrived completely, on one connection
  };

  // Begins a call. `unfinished` counts the unfinished messages of the connection. All must live
  // until Close().
  void Open(MemoryAccount& account, const Limits& limits, size_t& unfinished);
  void Close();

  // How the call's messages are compressed, if their prefix says that they are.
  void SetEncoding(Encoding encoding) { encoding_ = encoding; }

  // Takes bytes from the front of `bytes` until a message ends or none is left. REQUIRES: kPrefix
  // or kBody. Errors: INTERNAL for a malformed prefix, RESOURCE_EXHAUSTED for a message beyond the
  // limits or the memory budget.
  absl::Status Read(std::string_view& bytes);

  // Goes on decompressing, for about `bytes` bytes. REQUIRES: kInflating. Errors: as
  // Inflater::Step.
  absl::Status Inflate(size_t bytes);

  // The message. REQUIRES: kComplete.
  Buffer Take();

  State state() const { return state_; }
  bool inflating() const { return state_ == State::kInflating; }

  // Whether the next byte would begin a message.
  bool between_messages() const { return state_ == State::kPrefix && prefix_size_ == 0; }

  // Whether the message that was taken last came compressed.
  bool was_compressed() const { return prefix_[0] == 1; }

 private:
  absl::Status BeginBody();
  absl::Status MakeRoom(size_t bytes);
  void EndBody();

  MemoryAccount* account_ = nullptr;
  const Limits* limits_ = nullptr;
  size_t* unfinished_ = nullptr;
  Encoding encoding_ = Encoding::kIdentity;
  State state_ = State::kPrefix;
  std::array<char, kPrefixBytes> prefix_{};
  size_t prefix_size_ = 0;
  size_t body_size_ = 0;  // by the prefix
  Buffer message_;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_MESSAGE_READER_H_
