// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_PLAN_H_
#define HILLOCK_CLIENT_LOAD_PLAN_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/api/endpoint.h"
#include "client/load/schedule.h"

namespace hillock::client {

// What a load generator sends, and how.
struct LoadPlan {
  Endpoint endpoint{};
  std::vector<std::string> requests;  // serialized ModelInferRequests; at least one

  size_t connections = 4;   // channels, each with a connection of its own; at least 1
  size_t outstanding = 16;  // max requests in flight on each of them; at least 1
  size_t threads = 1;       // that share the connections; from 1 to `connections`
  std::optional<OpenLoad> open = std::nullopt;  // none: a closed loop

  // Requests of a run, over all threads, after which it ends; none: they end with its time.
  std::optional<uint64_t> max_requests = std::nullopt;

  // Positions in `requests` in the order of sending, again from the first after the last. Empty:
  // all in turn.
  std::vector<uint32_t> order{};

  // Max requests of a connection that are sent in one write, when several answers arrive together
  // or the schedule makes several due. 1: gRPC's C++ client sends each separately, for comparison
  // with ordinary clients.
  size_t burst = 32;

  // Whether each connection carries one ModelStreamInfer call, through gRPC's C++ client, in place
  // of a call for each request. Then there are no deadlines and no bursts.
  bool stream = false;

  // The contents of each request's answer (answer_check.h): others count as DATA_LOSS. Empty: they
  // are not looked at. Only with bursts of 1 or streams.
  std::vector<std::string> expected{};

  // The gRPC deadline of each request; 0: none.
  std::chrono::milliseconds deadline{0};

  // Only with bursts of 1: whether gRPC's client may repeat a request that never reached the
  // server. Without, failures are visible and a request costs the client less. With larger bursts
  // such a request is always repeated.
  bool retries = false;

  // Time to connect, and to wait for answers after the end of a run. Requests that are open then
  // are cancelled and count as CANCELLED.
  std::chrono::milliseconds patience{10'000};

  // Raised to end all runs early. Outlives them; null: they are never ended early.
  const std::atomic<bool>* stop = nullptr;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_PLAN_H_
