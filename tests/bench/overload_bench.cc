// SPDX-License-Identifier: Apache-2.0

// What becomes of a server that is asked for more than it can do. One reactor on core 0, the load
// on core 1, requests of 8 rows to a heavy model, each with a deadline. Each round measures the
// most the server answers in a closed loop, then open loops at multiples of that, and the first of
// them once more.
//
//   overload_bench [ROUNDS [SECONDS]]

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tests/bench/bench_server.h"
#include "tests/bench/drive.h"
#include "tests/bench/process.h"

namespace hillock::bench {
namespace {

const Shape kShape{"1024-2048-2048-2048-256", {1024, 2048, 2048, 2048, 256}};
constexpr size_t kRows = 8;
constexpr auto kDeadline = std::chrono::milliseconds(100);
constexpr double kMultiples[] = {0.8, 1, 2, 5, 0.8};

struct Series {
  std::vector<double> answered;  // of the capacity
  std::vector<double> p99_ms;
  std::vector<double> refused_p50_ms;
};

int Main(int rounds, double seconds) {
  const BenchServer server({kShape}, {"--reactors", "1", "--max-queue-seconds", "0.05"}, {0});
  if (server.address().empty()) return 1;
  PinToCore(1);
  client::LoadPlan closed{{server.address()}, {MakeRequest(kShape, kRows)}, 4, 4};
  size_t resident = 0;
  std::vector<double> capacities;
  std::vector<Series> series(std::size(kMultiples));
  for (int round = 0; round < rounds; ++round) {
    const double capacity = Drive(closed, seconds).requests_per_second;
    capacities.push_back(capacity);
    if (round == 0) resident = server.ResidentBytes();
    for (size_t i = 0; i < std::size(kMultiples); ++i) {
      client::LoadPlan open{{server.address()}, closed.requests, 4, 1024};
      open.open = client::OpenLoad{kMultiples[i] * capacity, client::Arrivals::kPoisson};
      open.deadline = kDeadline;
      const Measured measured = Drive(open, seconds);
      series[i].answered.push_back(measured.requests_per_second / capacity);
      series[i].p99_ms.push_back(1e-3 * measured.p99_us);
      series[i].refused_p50_ms.push_back(1e-3 * measured.failure_p50_us);
    }
  }
  fmt::print("capacity {:.0f} requests/s of {} rows, deadline {} ms\n", Median(capacities), kRows,
             kDeadline.count());
  fmt::print("{:>8} {:>22} {:>16} {:>20}\n", "load", "answered in deadline", "p99 of them ms",
             "refused in, p50 ms");
  for (size_t i = 0; i < std::size(kMultiples); ++i) {
    fmt::print("{:7.1f}x {:21.0f}% {:16.1f} {:20.2f}\n", kMultiples[i],
               100 * Median(series[i].answered), Median(series[i].p99_ms),
               Median(series[i].refused_p50_ms));
  }
  fmt::print("{:.0f} MB resident before, {:.0f} after\n", 1e-6 * static_cast<double>(resident),
             1e-6 * static_cast<double>(server.ResidentBytes()));
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  return hillock::bench::Main(argc > 1 ? std::atoi(argv[1]) : 3,
                              argc > 2 ? std::atof(argv[2]) : 3.0);
}
