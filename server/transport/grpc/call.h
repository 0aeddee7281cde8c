// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_CALL_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_CALL_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/transport/buffer.h"
#include "server/transport/grpc/peer.h"

namespace hillock::transport {

class EventLoop;

// Names and values of metadata, in order. Values of names that end in "-bin" are raw bytes here and
// base64 on the wire.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// The implementation of a method for one call. All functions are called on the call's event loop.
//
// The handler is not owned by the call: OnClosed() is the last call that it gets, and it may
// destroy itself there, or live on while it still has something to finish.
class Handler {
 public:
  // A message has arrived: decompressed, and not larger than the transport's limit. Messages of a
  // call come in order.
  virtual void OnMessage(Buffer message) = 0;

  // The client will send no more messages.
  virtual void OnHalfClose() = 0;

  // The client sent what is no gRPC message or exceeds a limit, or its deadline passed before it
  // had sent all. The transport ends the call with `status` when this returns; only OnClosed()
  // follows.
  virtual void OnBroken(const absl::Status& status) = 0;

  // The server is about to stop: a call that could go on for ever should come to its end.
  virtual void OnDrain() {}

  // Some of what was sent has left: unsent_bytes() has fallen.
  virtual void OnSent() {}

  // The call is over and must not be used any more: its status has been sent (`finished`), or its
  // client is gone.
  virtual void OnClosed(bool finished) = 0;

 protected:
  ~Handler() = default;
};

// The server's side of one RPC, as its handler sees it. Belongs to one event loop and its thread.
class Call {
 public:
  virtual ~Call() = default;

  // The loop that everything here happens on. Outlives the call.
  virtual EventLoop& loop() = 0;

  // The client of the call's connection.
  virtual Peer& peer() = 0;

  // "/package.Service/Method".
  virtual std::string_view path() const = 0;

  // On the monotonic clock; kNoDeadline when the client set none.
  virtual Nanos deadline() const = 0;

  // The value of the request's metadata `name`, in lower case, or empty. The first of several.
  virtual std::string_view metadata(std::string_view name) const = 0;

  // All of the request's metadata but what HTTP/2 and gRPC define.
  virtual Metadata AllMetadata() const = 0;

  // Whether the message that was delivered last came compressed.
  virtual bool message_was_compressed() const { return false; }

  // An empty buffer that is charged to the loop's account.
  virtual Buffer NewBuffer() = 0;

  // Metadata that goes before the first message. REQUIRES: nothing has been sent.
  virtual void AddInitialMetadata(std::string name, std::string value) = 0;

  // Sends a message, after those sent before. It leaves when the loop flushes, as far as the client
  // takes it; no function of the handler is called within this. With `compress` it is compressed
  // when the client accepts gzip and the first message was.
  virtual void Send(Buffer message, bool compress = false) = 0;

  // Ends the call after what was sent. REQUIRES: not called before.
  virtual void Finish(const absl::Status& status, Metadata trailers = {}) = 0;

  // While paused the client is held back: OnMessage() is not called, and no more is taken than fits
  // in the call's flow-control window.
  virtual void SetPaused(bool paused) = 0;

  // Bytes of messages given to Send() that have not left yet.
  virtual size_t unsent_bytes() const = 0;
};

// Finds the method of a call.
class Router {
 public:
  virtual ~Router() = default;

  // The handler of a new call, or null when there is no such method, or the call was finished.
  // Called on the call's loop.
  virtual Handler* Open(Call& call) = 0;
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_CALL_H_
