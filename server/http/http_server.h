// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_HTTP_SERVER_H_
#define HILLOCK_SERVER_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/core/base/status.h"
#include "server/http/codec.h"
#include "server/http/connection.h"
#include "server/http/elsewhere.h"
#include "server/http/message.h"
#include "server/transport/net/acceptor.h"
#include "server/transport/net/address.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/event_loop.h"

namespace hillock::http {

// Serves HTTP/1.1 at one address, on one thread that never waits for a client. Connections and the
// bytes of answers are bounded: where there are too many, those that have waited longest are
// closed, so that a new client always gets in.
class HttpServer {
 public:
  static constexpr size_t kMaxConnections = 256;
  static constexpr size_t kMaxUnsentBytes = 32 << 20;

  // Listens, and serves from now on. `handler` is called on the server's thread. Errors: as of
  // transport::Listener::Open().
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const transport::Address& address,
                                                           Handler handler,
                                                           Elsewhere elsewhere = {});

  ~HttpServer() { Close(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Serves a connection that comes back from elsewhere, and of which `bytes` have been read.
  // Thread-safe, also after Close(), which ends it.
  void Adopt(std::unique_ptr<transport::ByteStream> stream, std::string bytes);

  // Closes everything. Does nothing the second time. For one thread.
  void Close();

  // What it listens on, with the port that was chosen for port 0.
  const transport::Address& address() const { return address_; }

 private:
  HttpServer(std::unique_ptr<transport::Listener> listener, Handler handler, Elsewhere elsewhere);

  void Run();
  void Take(std::unique_ptr<transport::ByteStream> stream, std::string bytes);
  void CloseLongestUnsent();
  void Tick();

  const transport::Address address_;
  Codec codec_;
  const Elsewhere elsewhere_;
  transport::EventLoop loop_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::unique_ptr<transport::Acceptor> acceptor_;  // none once it is closed
  bool stopped_ = false;
  std::thread thread_;  // last, as it uses all of the above
};

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_HTTP_SERVER_H_
