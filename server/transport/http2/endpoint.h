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
#include "server/transport/memory.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

struct nghttp2_session_callbacks;
struct nghttp2_option;

namespace hillock::transport {

class Connection;
class Stream;

// The connections of one event loop. Everything but connections() belongs to the loop's thread.
class Endpoint {
 public:
  struct Options {
    size_t max_message_bytes = size_t{64} << 20;

    // Of requests that have not arrived completely, and of answers that nobody has taken, each on
    // one connection.
    size_t max_connection_bytes = size_t{256} << 20;

    Nanos max_connection_age = 0;  // 0: none
  };

  // All must outlive this.
  Endpoint(EventLoop& loop, Router& router, MemoryBudget& budget, const Options& options,
           const Clock& clock);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // Serves a new connection.
  void Adopt(std::unique_ptr<ByteStream> bytes);

  // Gives away a connection that has been busy and can be moved just now; null when there is none,
  // or only one that has been busy since the last call. Another endpoint may adopt it.
  std::unique_ptr<Connection> Release();
  void Adopt(std::unique_ptr<Connection> connection);

  // Writes the answers there are: those of one connection together. Forgets connections that are
  // over.
  void Flush();

  // Goes on with work that is done in slices. True when there is more.
  bool Work();

  // To be called a few times a second while there are connections.
  void Tick();

  // Has every connection, later ones included, finish its calls and close.
  void Drain();

  // Connections there are. For any thread.
  size_t connections() const { return count_.load(std::memory_order_relaxed); }

  // What connections use.
  EventLoop& loop() { return loop_; }
  Router& router() { return router_; }
  MemoryAccount& account() { return account_; }
  const Options& options() const { return options_; }
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
  void Keep(std::unique_ptr<Connection> connection);
  void Reap();

  EventLoop& loop_;
  Router& router_;
  MemoryAccount account_;
  const Options options_;
  const Clock& clock_;
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* session_options_ = nullptr;
  std::vector<char> receive_buffer_;
  std::vector<std::unique_ptr<Stream>> idle_streams_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> dirty_;
  std::vector<Connection*> flushing_;
  std::vector<Stream*> inflating_;
  std::minstd_rand random_;
  bool draining_ = false;
  std::atomic<size_t> count_{0};
};

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_HTTP2_ENDPOINT_H_
