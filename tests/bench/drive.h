// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_BENCH_DRIVE_H_
#define HILLOCK_TESTS_BENCH_DRIVE_H_

#include <cstdint>
#include <vector>

#include "client/load/generator.h"
#include "tests/bench/process.h"

namespace hillock::bench {

// What a load met with. Latencies are of the requests that succeeded.
struct Measured {
  double requests_per_second = 0;  // that succeeded
  double p50_us = 0;
  double p99_us = 0;
  uint64_t failures = 0;
  double failure_p50_us = 0;
  double server_cpu_us = 0;  // of the server's CPU time, each request; 0 when nobody looked
};

// Drives the load from one thread for some seconds, after a warm-up, and looks at the CPU time that
// `server` takes for it, unless it is null.
Measured Drive(const client::LoadPlan& plan, double seconds, const Process* server = nullptr);

double Median(std::vector<double> values);

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_DRIVE_H_
