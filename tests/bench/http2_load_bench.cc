// SPDX-License-Identifier: Apache-2.0

// What a request costs the load tester: one thread of it drives any server that answers ModelInfer.
//
//   http2_load_bench ADDRESS [FLOATS [CONNECTIONS [OUTSTANDING [SECONDS [ROUNDS [BURST]]]]]]

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "client/load/generator.h"
#include "proto/inference.pb.h"
#include "tests/bench/drive.h"

namespace hillock::bench {
namespace {

struct Settings {
  std::string address;
  size_t floats = 64;
  size_t connections = 4;
  size_t outstanding = 16;
  size_t seconds = 2;
  size_t rounds = 5;
  size_t burst = client::LoadPlan().burst;
};

std::string MakeRequest(size_t floats) {
  inference::ModelInferRequest request;
  request.set_model_name("model");
  auto& input = *request.add_inputs();
  input.set_name("x");
  input.set_datatype("FP32");
  input.add_shape(1);
  input.add_shape(static_cast<int64_t>(floats));
  request.add_raw_input_contents(std::string(floats * sizeof(float), '\0'));
  return request.SerializeAsString();
}

// Of this process, user and system.
double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Print(const char* what, const client::LoadTally& tally, double per_second, double cpu_us) {
  const auto ok = tally.outcomes().find(absl::StatusCode::kOk);
  if (ok == tally.outcomes().end()) return;
  const auto us = [&](double q) { return ok->second.latencies.QuantileSeconds(q) * 1e6; };
  fmt::print(
      "{:8} {:9.0f} requests/s  {:5.2f} us of CPU a request  p50 {:.0f} p99 {:.0f} p99.9 "
      "{:.0f} us  {} other\n",
      what, per_second, cpu_us, us(0.5), us(0.99), us(0.999), tally.count() - ok->second.count());
}

int Run(const Settings& settings) {
  client::LoadPlan plan{{settings.address},
                        {MakeRequest(settings.floats)},
                        settings.connections,
                        settings.outstanding};
  plan.burst = settings.burst;
  const auto generator = client::LoadGenerator::Connect(plan);
  if (!generator.ok()) {
    fmt::print(stderr, "{}\n", generator.status().ToString());
    return 1;
  }
  (*generator)->Run(std::chrono::milliseconds(300));
  std::vector<double> rates;
  std::vector<double> costs;
  for (size_t round = 0; round < settings.rounds; ++round) {
    const double before = CpuSeconds();
    const client::LoadTally tally = (*generator)->Run(std::chrono::seconds(settings.seconds));
    const auto count = static_cast<double>(tally.count());
    rates.push_back(count / static_cast<double>(settings.seconds));
    costs.push_back((CpuSeconds() - before) * 1e6 / count);
    Print("round", tally, rates.back(), costs.back());
  }
  fmt::print("median   {:9.0f} requests/s  {:5.2f} us of CPU a request\n", Median(rates),
             Median(costs));
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr,
               "usage: http2_load_bench ADDRESS [FLOATS [CONNECTIONS [OUTSTANDING [SECONDS "
               "[ROUNDS [BURST]]]]]]\n");
    return 2;
  }
  hillock::bench::Settings settings;
  settings.address = argv[1];
  size_t* const numbers[] = {&settings.floats,  &settings.connections, &settings.outstanding,
                             &settings.seconds, &settings.rounds,      &settings.burst};
  for (int i = 2; i < argc && i - 2 < 6; ++i) {
    *numbers[i - 2] = std::strtoul(argv[i], nullptr, 10);
  }
  return hillock::bench::Run(settings);
}
