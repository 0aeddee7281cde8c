#ifndef HILLOCK_CLIENT_LOAD_PLAN_H_
#define HILLOCK_CLIENT_LOAD_PLAN_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/api/tls_options.h"
#include "client/load/schedule.h"

namespace hillock::client {

// What a load generator sends, and how.
struct LoadPlan {
  std::string target;                 // an address (server/transport/address.h)
  std::vector<std::string> requests;  // serialized ModelInferRequests, sent in turn; at least one

  size_t connections = 4;   // channels, each with a connection of its own; at least 1
  size_t outstanding = 16;  // most requests in flight on each of them; at least 1
  size_t threads = 1;       // that share the connections; from 1 to `connections`
  std::optional<OpenLoad> open = std::nullopt;  // none: a closed loop

  // Most requests of a connection that leave in one write, when answers that came together, or the
  // schedule, made several due. 1: they are sent by gRPC's C++ client, each on its own, for
  // comparison with ordinary clients.
  size_t burst = 32;

  // The gRPC deadline of each request; 0: none.
  std::chrono::milliseconds deadline{0};

  // With bursts of 1, whether gRPC's client may send a request again that never reached the server.
  // Off, a failure is seen, and a request costs the client less. Otherwise such a request is sent
  // again in any case.
  bool retries = false;

  // Time to connect in, and to wait for answers after the end of a run; what is open then is
  // cancelled and counts as CANCELLED.
  std::chrono::milliseconds patience{10'000};

  TlsOptions tls = {};

  // Raised by whoever wants all runs to end early. Must stay; null: nobody.
  const std::atomic<bool>* stop = nullptr;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_PLAN_H_
