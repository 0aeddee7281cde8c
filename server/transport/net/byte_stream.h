// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_NET_BYTE_STREAM_H_
#define HILLOCK_SERVER_TRANSPORT_NET_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "server/core/base/descriptor.h"

namespace hillock::transport {

// The result of one Read() or Write().
struct IoResult {
  enum class Kind : uint8_t {
    kBytes,       // `bytes` of them were moved, at least one
    kWouldBlock,  // none until the descriptor is ready again
    kClosed,      // the peer sends no more (Read), or takes no more (Write)
    kFailed,      // error() of the stream says why
  };

  Kind kind = Kind::kWouldBlock;
  size_t bytes = 0;
};

// A connection for bytes in both directions that never blocks. Layers between the caller's bytes
// and those of the socket, such as TLS, are its own affair.
//
// Once a call returned kClosed or kFailed, that direction stays so. Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // What an event loop is to watch.
  virtual int descriptor() const = 0;

  // Fills a part of `into`, which must not be empty. May return fewer bytes than there are.
  virtual IoResult Read(std::span<char> into) = 0;

  // Sends the beginning of `bytes`, which must not be empty. What was not sent then must be offered
  // again, the same bytes first; their address may differ.
  virtual IoResult Write(std::string_view bytes) = 0;

  // Whether a call that returned kWouldBlock waits for the opposite: Read() until the descriptor is
  // writable (a hand-shake, new keys). There is no such function for a Write() that waits
  // to read, as owners always watch for input.
  virtual bool ReadWaitsToWrite() const { return false; }

  // Whether Read() has bytes although the descriptor need not be readable.
  virtual bool HasBuffered() const { return false; }

  // Ends the write side, as far as that can be done without waiting.
  virtual void CloseWrite() = 0;

  // Why the last call failed: UNAVAILABLE, with the words of the system or of TLS. REQUIRES: it
  // returned kFailed.
  virtual absl::Status error() const = 0;
};

// The bytes as they are on a stream socket.
class SocketStream final : public ByteStream {
 public:
  // `socket` is non-blocking.
  explicit SocketStream(Descriptor socket) : socket_(std::move(socket)) {}

  int descriptor() const override { return socket_.get(); }
  IoResult Read(std::span<char> into) override;
  IoResult Write(std::string_view bytes) override;
  void CloseWrite() override;
  absl::Status error() const override;

 private:
  IoResult Failed(int error);

  Descriptor socket_;
  int error_ = 0;  // errno of what failed
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_NET_BYTE_STREAM_H_
