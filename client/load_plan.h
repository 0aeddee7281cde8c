#ifndef HILLOCK_CLIENT_LOAD_PLAN_H_
#define HILLOCK_CLIENT_LOAD_PLAN_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "client/schedule.h"

namespace hillock::client {

// What a load generator sends, and how.
struct LoadPlan {
  std::string target;                 // HOST:PORT or unix:PATH
  std::vector<std::string> requests;  // serialized ModelInferRequests, sent in turn; at least one

  size_t connections = 4;   // channels, each with a connection of its own; at least 1
  size_t outstanding = 16;  // most requests in flight on each of them; at least 1
  size_t threads = 1;       // that share the connections; from 1 to `connections`
  std::optional<OpenLoad> open = std::nullopt;  // none: a closed loop

  // In a closed loop, the most requests that leave together in return for answers which came
  // together; 1: each leaves on its own, as it does from gRPC's clients otherwise.
  size_t burst = 32;

  // The gRPC deadline of each request; 0: none.
  std::chrono::milliseconds deadline{0};

  // Whether gRPC may send a request again that never reached the server. Off, a failure is seen,
  // and a request costs the client less.
  bool retries = false;

  // Time to connect in, and to wait for answers after the end of a run; what is open then is
  // cancelled and counts as CANCELLED.
  std::chrono::milliseconds patience{10'000};
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_PLAN_H_
