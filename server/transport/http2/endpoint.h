// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_TRANSPORT_HTTP2_ENDPOINT_H_
#define HILLOCK_SERVER_TRANSPORT_HTTP2_ENDPOINT_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "server/core/base/clock.h"
#include "server/transport/grpc/call.h"
#include "server/transport/grpc/message_reader.h"
#include "server/transport/grpc/peer.h"
#include "server/transport/memory.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

struct nghttp2_session_callbacks;
struct nghttp2_option;

namespace hillock::transport {

class Connection;
class Stream;

// The connections of one event loop. Everything but connections() belongs to the loop's thread.
//
// Connections are destroyed in Flush() alone, which the loop calls when no source's OnEvents(), no
// callback of nghttp2 and no handler is running. So none of these has to expect that what it works
// on is gone when something it calls returns.
class Endpoint {
 public:
  struct Options {
    size_t max_message_bytes = size_t{64} << 20;

    // Of messages that have not arrived completely, on one connection.
    size_t max_connection_bytes = size_t{256} << 20;

    Nanos max_connection_age = 0;  // 0: none
  };

  // All must outlive this.
  Endpoint(EventLoop& loop, Router& router, MemoryBudget& budget, const Options& options,
           const Clock& clock);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // Serves a new connection, of whose client so much is known.
  void Adopt(std::unique_ptr<ByteStream> bytes, Peer peer = {});

  // Gives away a connection that was active since the last call and can be moved now, so that
  // another endpoint may adopt it. Null when fewer than two were active, or none can be moved.
  std::unique_ptr<Connection> Release();
  void Adopt(std::unique_ptr<Connection> connection);

  // Writes the answers that are ready, those of one connection together, and destroys connections
  // that are over. REQUIRES: not called from within a handler or a source.
  void Flush();

  // Decompresses a part of one large message, in turn. True when there is more to do.
  bool Work();

  // To be called a few times a second while there are connections.
  void Tick();

  // Has every connection, later ones included, finish its calls and close.
  void Drain();

  // How many connections, and streams on them, it has. Thread-safe.
  size_t connections() const { return count_.load(std::memory_order_relaxed); }
  size_t streams() const { return streams_.load(std::memory_order_relaxed); }

  // What connections use.
  EventLoop& loop() { return loop_; }
  Router& router() { return router_; }
  MemoryAccount& account() { return account_; }
  const MessageReader::Limits& message_limits() const { return message_limits_; }
  const Clock& clock() const { return clock_; }
  const nghttp2_session_callbacks* callbacks() const { return callbacks_; }
  const nghttp2_option* session_options() const { return session_options_; }
  std::vector<char>& receive_buffer() { return receive_buffer_; }
  void MarkDirty(Connection& connection) { dirty_.push_back(&connection); }
  void UnmarkDirty(Connection& connection) { std::erase(dirty_, &connection); }
  std::unique_ptr<Stream> TakeStream();
  void ReturnStream(std::unique_ptr<Stream> stream);
  void AddInflating(Stream& stream) { inflating_.push_back(&stream); }
  void RemoveInflating(Stream& stream) { std::erase(inflating_, &stream); }

  // The age at which a new connection is asked to leave: the option's, give or take a tenth, so
  // that clients which came together do not leave together.
  Nanos DrawAgeLimit();

 private:
  void Add(std::unique_ptr<Connection> connection);
  void Reap();

  EventLoop& loop_;
  Router& router_;
  MemoryAccount account_;
  const MessageReader::Limits message_limits_;
  const Nanos max_connection_age_;
  const Clock& clock_;
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* session_options_ = nullptr;
  std::vector<char> receive_buffer_;
  std::vector<std::unique_ptr<Stream>> idle_streams_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> dirty_;     // to be flushed
  std::vector<Connection*> flushing_;  // the list that Flush() works on, for its memory
  std::vector<Stream*> inflating_;
  std::minstd_rand random_;
  bool draining_ = false;
  std::atomic<size_t> count_{0};
  std::atomic<size_t> streams_{0};  // written by the loop's thread alone
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_ENDPOINT_H_
