// SPDX-License-Identifier: Apache-2.0

// Light requests beside heavy ones, and work on one core and on two.
//
// Beside: one reactor on core 0. A light model takes 2,000 requests/s, first alone, then while a
// heavy one computes batches of 256 rows without pause. Both loads come from core 1.
// Sharing: requests of many rows to the heavy model, one at a time, with one reactor and with two.
// Scaling: a closed loop of 4 connections with 8 requests of 16 rows outstanding, with one reactor
// and with two. The client has to share their cores; this model computes long for few bytes.
//
//   mix_bench [ROUNDS [SECONDS]]

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/bench_server.h"
#include "tests/bench/drive.h"
#include "tests/bench/process.h"

namespace hillock::bench {
namespace {

const Shape kLight{"16-64-64-8", {16, 64, 64, 8}};
const Shape kMiddling{"479-1024-1024-512-256-1", {479, 1024, 1024, 512, 256, 1}};
const Shape kHeavy{"1024-2048-2048-2048-256", {1024, 2048, 2048, 2048, 256}};

constexpr double kLightRate = 2000;
constexpr size_t kHeavyRows = 256;
constexpr size_t kBigRows = 4096;
constexpr size_t kMiddlingRows = 16;

client::LoadPlan LightPlan(const std::string& address) {
  client::LoadPlan plan{{address}, {MakeRequest(kLight)}, 4, 256};
  plan.open = client::OpenLoad{kLightRate};
  return plan;
}

client::LoadPlan HeavyPlan(const std::string& address, size_t rows, size_t outstanding) {
  return {{address}, {MakeRequest(kHeavy, rows)}, 1, outstanding};
}

void Beside(int rounds, double seconds) {
  const BenchServer server({kLight, kHeavy}, {"--reactors", "1"}, {0});
  PinToCore(1);
  std::vector<double> alone;
  std::vector<double> beside;
  std::vector<double> heavy_rows;
  for (int i = 0; i < rounds; ++i) {
    alone.push_back(Drive(LightPlan(server.address()), seconds).p99_us);
    Measured heavy;
    std::thread other(
        [&] { heavy = Drive(HeavyPlan(server.address(), kHeavyRows, 2), seconds + 1); });
    const Measured light = Drive(LightPlan(server.address()), seconds);
    other.join();
    beside.push_back(light.p99_us);
    heavy_rows.push_back(heavy.requests_per_second * kHeavyRows);
  }
  fmt::print("{} at {:.0f}/s: p99 {:.2f} ms alone, {:.2f} ms beside {} at {:.0f} rows/s\n",
             kLight.name, kLightRate, 1e-3 * Median(alone), 1e-3 * Median(beside), kHeavy.name,
             Median(heavy_rows));
}

void Sharing(int rounds, double seconds) {
  const BenchServer one({kHeavy}, {"--reactors", "1"}, {0, 1});
  const BenchServer two({kHeavy}, {"--reactors", "2"}, {0, 1});
  PinToCores({0, 1});
  for (const size_t rows : {kHeavyRows, kBigRows}) {
    std::vector<double> ratios;
    std::vector<double> milliseconds;
    for (int i = 0; i < rounds; ++i) {
      const double alone = Drive(HeavyPlan(one.address(), rows, 1), seconds).p50_us;
      const double shared = Drive(HeavyPlan(two.address(), rows, 1), seconds).p50_us;
      ratios.push_back(alone / shared);
      milliseconds.push_back(1e-3 * shared);
    }
    fmt::print(
        "{} rows of {} in one request: {:.1f} ms on two cores, {:.2f} times as fast as on one\n",
        rows, kHeavy.name, Median(milliseconds), Median(ratios));
  }
}

void Scaling(int rounds, double seconds) {
  const BenchServer one({kMiddling}, {"--reactors", "1"}, {0, 1});
  const BenchServer two({kMiddling}, {"--reactors", "2"}, {0, 1});
  PinToCores({0, 1});
  client::LoadPlan plan{{one.address()}, {MakeRequest(kMiddling, kMiddlingRows)}, 4, 8};
  std::vector<double> ratios;
  std::vector<double> rates;
  for (int i = 0; i < rounds; ++i) {
    plan.endpoint.target = one.address();
    const double alone = Drive(plan, seconds).requests_per_second;
    plan.endpoint.target = two.address();
    rates.push_back(Drive(plan, seconds).requests_per_second);
    ratios.push_back(rates.back() / alone);
  }
  fmt::print(
      "{} rows of {} a request: {:.0f} requests/s with two reactors, {:.2f} times those "
      "with one\n",
      kMiddlingRows, kMiddling.name, Median(rates), Median(ratios));
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3.0;
  hillock::bench::Beside(rounds, seconds);
  hillock::bench::Sharing(rounds, seconds);
  hillock::bench::Scaling(rounds, seconds);
  return 0;
}
