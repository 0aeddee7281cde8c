#ifndef HILLOCK_TESTS_BENCH_CLOSED_LOOP_H_
#define HILLOCK_TESTS_BENCH_CLOSED_LOOP_H_

#include <cstddef>
#include <string>

namespace hillock::bench {

// A closed loop: every connection keeps a number of requests outstanding, and sends the next when
// one is answered.
struct Load {
  std::string target;   // HOST:PORT
  std::string request;  // a serialized ModelInferRequest
  int connections = 4;
  int outstanding = 16;  // of each connection
  double warm_up_seconds = 0.3;
  double seconds = 2;
};

struct Outcome {
  double requests_per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  size_t failures = 0;  // of the measured interval
};

// Drives the load from this thread.
Outcome Drive(const Load& load);

}  // namespace hillock::bench

#endif  // HILLOCK_TESTS_BENCH_CLOSED_LOOP_H_
