// SPDX-License-Identifier: Apache-2.0

// What serving costs beside two echoes of the same messages: one on nghttp2 and epoll, which is
// what HTTP/2 itself costs, and one on gRPC C++. Server and client have a core each; the three take
// turns, so that all meet the same moments of a shared machine. Prints the medians of the rounds,
// and the medians of the rounds' ratios to the echo that fits the loop.
//
//   serving_bench [ROUNDS [SECONDS]]

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "client/load/generator.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/drive.h"
#include "tests/bench/echo_server.h"
#include "tests/bench/h2_echo_server.h"
#include "tests/bench/process.h"

namespace hillock::bench {
namespace {

constexpr int kServerCore = 0;
constexpr int kClientCore = 1;

const std::vector<Shape> kShapes = {
    {"16-64-64-8", {16, 64, 64, 8}},
    {"784-512-256-10", {784, 512, 256, 10}},
    {"784-512-256-10.bf16", {784, 512, 256, 10}, "precision: bf16"}};

// What the client keeps going, by the load tester's own transport or by gRPC C++'s.
struct Loop {
  const char* name;
  size_t connections;
  size_t outstanding;
  size_t burst;  // 1: gRPC C++'s
};

const Loop kLoops[] = {{"4x16", 4, 16, client::LoadPlan().burst},
                       {"4x16 gRPC C++", 4, 16, 1},
                       {"1x1 gRPC C++", 1, 1, 1}};

// A server that is driven, and what came of it, round by round.
struct Side {
  const char* name;
  const Process& process;
  std::string address;
  std::vector<Measured> rounds{};

  double MedianOf(double Measured::*field) const {
    std::vector<double> values;
    for (const Measured& round : rounds) values.push_back(round.*field);
    return Median(values);
  }

  // The median of the rounds' ratios to another side.
  double RatioTo(const Side& other, double Measured::*field) const {
    std::vector<double> ratios;
    for (size_t i = 0; i < rounds.size(); ++i) {
      ratios.push_back(rounds[i].*field / (other.rounds[i].*field));
    }
    return Median(ratios);
  }
};

void Print(const Shape& shape, const Loop& loop, const std::vector<Side>& sides) {
  uint64_t failures = 0;
  for (const Side& side : sides) {
    for (const Measured& round : side.rounds) failures += round.failures;
    fmt::print("{:19} {:13} {:8} {:10.0f} {:9.0f} {:9.0f} {:9.2f}\n", shape.name, loop.name,
               side.name, side.MedianOf(&Measured::requests_per_second),
               side.MedianOf(&Measured::p50_us), side.MedianOf(&Measured::p99_us),
               side.MedianOf(&Measured::server_cpu_us));
  }
  const Side& server = sides.back();
  for (const Side& side : sides) {
    if (&side == &server) continue;
    fmt::print("{:19} {:13} of the {}: {:.3f} of its requests/s, {:.3f} of its CPU a request\n",
               shape.name, loop.name, side.name,
               server.RatioTo(side, &Measured::requests_per_second),
               server.RatioTo(side, &Measured::server_cpu_us));
  }
  if (failures > 0) fmt::print("{} failures\n", failures);
  std::fflush(stdout);
}

void Compare(const Shape& shape, const std::string& self, const BenchServer& server, int rounds,
             double seconds) {
  const std::string floats = std::to_string(shape.widths.back());
  Process h2({self, "--h2-echo", floats}, {kServerCore});
  Process grpc({self, "--grpc-echo", floats}, {kServerCore});
  const std::string h2_address = h2.WaitForLine(":");
  const std::string grpc_address = grpc.WaitForLine(":");
  for (const Loop& loop : kLoops) {
    std::vector<Side> sides = {{"h2 echo", h2, h2_address},
                               {"gRPC echo", grpc, grpc_address},
                               {"hillock", server.process(), server.address()}};
    for (int i = 0; i < rounds; ++i) {
      for (Side& side : sides) {
        client::LoadPlan plan{
            {side.address}, {MakeRequest(shape)}, loop.connections, loop.outstanding};
        plan.burst = loop.burst;
        side.rounds.push_back(Drive(plan, seconds, &side.process));
      }
    }
    Print(shape, loop, sides);
  }
}

int Main(const std::string& self, int rounds, double seconds) {
  const BenchServer server(kShapes, {"--reactors", "1"}, {kServerCore});
  if (server.address().empty()) return 1;
  PinToCore(kClientCore);
  fmt::print("{:19} {:13} {:8} {:>10} {:>9} {:>9} {:>9}\n", "model", "loop", "side", "requests/s",
             "p50 us", "p99 us", "CPU us");
  for (const Shape& shape : kShapes) Compare(shape, self, server, rounds, seconds);
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  // gRPC's own locks would be slower otherwise: a floor that is slower than need be would flatter.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "--grpc-echo" || what == "--h2-echo") {
    const size_t floats = std::strtoul(argv[2], nullptr, 10);
    if (what == "--grpc-echo") hillock::bench::ServeEcho(floats);
    hillock::bench::ServeH2Echo(floats, /*polls=*/false);
  }
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  return hillock::bench::Main(self, argc > 1 ? std::atoi(argv[1]) : 5,
                              argc > 2 ? std::atof(argv[2]) : 2.0);
}
