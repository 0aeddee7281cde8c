// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_METRICS_SERVER_MOMENT_H_
#define HILLOCK_CLIENT_METRICS_SERVER_MOMENT_H_

#include "client/metrics/metrics_text.h"

namespace hillock::client {

// What a server did between two readings of its metrics, over all models. Latencies are seconds,
// NaN when there was no request.
struct ServerMoment {
  double at = 0;  // seconds, the later reading, from the start of the run
  double requests_per_second = 0;
  double queue_p50 = 0;
  double queue_p99 = 0;
  double compute_p50 = 0;
  double compute_p99 = 0;
};

// Pure. `seconds` lie between the two readings, and the later was made `at`.
ServerMoment MomentBetween(const Metrics& earlier, Metrics later, double at, double seconds);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_METRICS_SERVER_MOMENT_H_
