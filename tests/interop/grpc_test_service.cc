// SPDX-License-Identifier: Apache-2.0

// Serves gRPC's interoperability tests with this project's transport, on one thread. Says
// "listening on ADDRESS" when it does, and ends at SIGTERM.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "server/core/base/status.h"
#include "server/transport/http2/endpoint.h"
#include "server/transport/net/acceptor.h"
#include "server/transport/net/address.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/listener.h"
#include "server/transport/net/tls.h"
#include "tests/interop/test_calls.h"

namespace hillock::interop {
namespace {

constexpr Nanos kTickPeriod = 200'000'000;

struct Options {
  std::string listen = "127.0.0.1:0";
  std::string tls_cert;
  std::string tls_key;
  double max_connection_age_seconds = 0;  // 0: none
};

[[noreturn]] void ServeForEver(transport::EventLoop& loop, transport::Endpoint& endpoint,
                               Timers& timers) {
  Nanos next_tick = 0;
  bool works = false;
  while (true) {
    const Nanos wait = std::min(next_tick, timers.next()) - timers.Now();
    loop.Poll(works ? 0 : std::max<Nanos>(wait, 0));
    works = endpoint.Work();
    timers.Run();
    if (timers.Now() >= next_tick) {
      endpoint.Tick();
      next_tick = timers.Now() + kTickPeriod;
    }
    endpoint.Flush();
  }
}

absl::Status Serve(const Options& options) {
  HILLOCK_ASSIGN_OR_RETURN(const auto address,
                           transport::ParseAddress(options.listen, {.zero_port = true}));
  HILLOCK_ASSIGN_OR_RETURN(auto listener, transport::Listener::Open(address));
  std::shared_ptr<const transport::TlsContext> tls;
  if (!options.tls_cert.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(
        tls, transport::TlsContext::ForServer({options.tls_cert, options.tls_key, ""}));
  }
  std::printf("listening on %s\n", listener->address().ToString().c_str());
  std::fflush(stdout);
  const Clock& clock = Clock::Monotonic();
  transport::EventLoop loop;
  Timers timers(clock);
  TestRouter router(timers);
  transport::MemoryBudget budget(std::numeric_limits<size_t>::max() / 2);
  transport::Endpoint endpoint(
      loop, router, budget, {.max_connection_age = FromSeconds(options.max_connection_age_seconds)},
      clock);
  const transport::Acceptor acceptor(loop, std::move(listener), [&](Descriptor socket) {
    endpoint.Adopt(tls != nullptr ? tls->Accept(std::move(socket))
                                  : std::make_unique<transport::SocketStream>(std::move(socket)));
  });
  ServeForEver(loop, endpoint, timers);
}

}  // namespace
}  // namespace hillock::interop

int main(int argc, char** argv) {
  hillock::interop::Options options;
  CLI::App app("The service of gRPC's interoperability tests");
  app.add_option("--listen", options.listen, "Address to listen on");
  app.add_option("--tls-cert", options.tls_cert, "The server's certificate (PEM)");
  app.add_option("--tls-key", options.tls_key, "Its key (PEM)");
  app.add_option("--max-connection-age", options.max_connection_age_seconds,
                 "Seconds after which a connection is asked to leave");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);  // which OpenSSL would raise
  const absl::Status status = hillock::interop::Serve(options);
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
