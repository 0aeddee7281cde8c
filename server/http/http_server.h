// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_HTTP_SERVER_H_
#define HILLOCK_SERVER_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "server/core/base/descriptor.h"
#include "server/core/base/status.h"
#include "server/http/codec.h"
#include "server/http/connection.h"
#include "server/http/message.h"
#include "server/transport/net/acceptor.h"
#include "server/transport/net/address.h"
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
                                                           Handler handler);

  // Closes everything.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // What it listens on, with the port that was chosen for port 0.
  const transport::Address& address() const { return address_; }

 private:
  HttpServer(std::unique_ptr<transport::Listener> listener, Handler handler);

  void Run();
  void Take(Descriptor socket);
  void CloseLongestUnsent();
  void Tick();

  const transport::Address address_;
  Codec codec_;
  transport::EventLoop loop_;
  std::vector<std::unique_ptr<Connection>> connections_;
  transport::Acceptor acceptor_;
  bool stopped_ = false;
  std::thread thread_;  // last, as it uses all of the above
};

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_HTTP_SERVER_H_
