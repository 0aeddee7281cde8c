// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_WIRE_MEMORY_STREAM_H_
#define HILLOCK_TESTS_SUPPORT_WIRE_MEMORY_STREAM_H_

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/core/base/descriptor.h"
#include "server/transport/net/byte_stream.h"

namespace hillock::testing {

// The bytes between a client and the server, from the client's side.
struct Wire {
  std::string to_server;
  std::string to_client;
  size_t room = std::numeric_limits<size_t>::max();  // of to_client; beyond that the server waits

  bool client_ended = false;   // the client sends no more
  bool client_gone = false;    // nor takes any more
  bool server_ended = false;   // the server sends no more
  bool server_closed = false;  // the server has let go of the connection
};

// The server's end of a wire. Its descriptor is always readable and writable, so an event loop
// hands it out in every round.
class MemoryStream final : public transport::ByteStream {
 public:
  explicit MemoryStream(std::shared_ptr<Wire> wire);
  ~MemoryStream() override { wire_->server_closed = true; }

  int descriptor() const override { return always_ready_.get(); }
  transport::IoResult Read(std::span<char> into) override;
  transport::IoResult Write(std::string_view bytes) override;
  void CloseWrite() override { wire_->server_ended = true; }
  absl::Status error() const override { return absl::UnavailableError("the client is gone"); }

 private:
  const std::shared_ptr<Wire> wire_;
  const Descriptor always_ready_;  // eventfd(2)
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_WIRE_MEMORY_STREAM_H_
