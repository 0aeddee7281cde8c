// What serving costs beside a gRPC echo of the same messages. Server and client have a core each;
// echo and server take turns, so that both meet the same moments of a shared machine. Prints the
// median of the rounds of each, and the median of the rounds' ratios.
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
#include "client/load_generator.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/drive.h"
#include "tests/bench/echo_server.h"
#include "tests/bench/process.h"

namespace hillock::bench {
namespace {

constexpr int kServerCore = 0;
constexpr int kClientCore = 1;

const std::vector<Shape> kShapes = {
    {"16-64-64-8", {16, 64, 64, 8}},
    {"784-512-256-10", {784, 512, 256, 10}},
    {"784-512-256-10.bf16", {784, 512, 256, 10}, "precision: bf16"}};

// What the client keeps going. In bursts the server is full first: otherwise a client that sends
// each small request on its own is.
struct Loop {
  const char* name;
  size_t connections;
  size_t outstanding;
  size_t burst;
};

const Loop kLoops[] = {
    {"4x16", 4, 16, 1}, {"4x16 bursts", 4, 16, client::LoadPlan().burst}, {"1x1", 1, 1, 1}};

struct Rounds {
  std::vector<Measured> echo;
  std::vector<Measured> server;
};

void Print(const Shape& shape, const Loop& loop, const Rounds& rounds) {
  const auto median = [](const std::vector<Measured>& outcomes, auto field) {
    std::vector<double> values;
    for (const Measured& o : outcomes) values.push_back(field(o));
    return Median(values);
  };
  const auto rate = [](const Measured& o) { return o.requests_per_second; };
  const auto p50 = [](const Measured& o) { return o.p50_us; };
  const auto p99 = [](const Measured& o) { return o.p99_us; };
  std::vector<double> ratios;
  uint64_t failures = 0;
  for (size_t i = 0; i < rounds.echo.size(); ++i) {
    ratios.push_back(rate(rounds.server[i]) / rate(rounds.echo[i]));
    failures += rounds.server[i].failures + rounds.echo[i].failures;
  }
  for (const auto* side : {&rounds.echo, &rounds.server}) {
    fmt::print("{:19} {:11} {:7} {:10.0f} {:9.0f} {:9.0f}\n", shape.name, loop.name,
               side == &rounds.echo ? "echo" : "hillock", median(*side, rate), median(*side, p50),
               median(*side, p99));
  }
  fmt::print("{:19} {:11} ratio {:.3f} of the echo's requests/s, {} failures\n", shape.name,
             loop.name, Median(ratios), failures);
  std::fflush(stdout);
}

void Compare(const Shape& shape, const std::string& self, const std::string& address, int rounds,
             double seconds) {
  Process echo({self, "--echo", std::to_string(shape.widths.back())}, {kServerCore});
  const std::string echo_address = echo.WaitForLine(":");
  const std::string request = MakeRequest(shape);
  for (const Loop& loop : kLoops) {
    Rounds results;
    for (int i = 0; i < rounds; ++i) {
      client::LoadPlan plan{echo_address, {request}, loop.connections, loop.outstanding};
      plan.burst = loop.burst;
      // gRPC's default. The echo's side of the ratio depends on what the client costs.
      plan.retries = true;
      results.echo.push_back(Drive(plan, seconds));
      plan.target = address;
      results.server.push_back(Drive(plan, seconds));
    }
    Print(shape, loop, results);
  }
}

int Main(const std::string& self, int rounds, double seconds) {
  const BenchServer server(kShapes, {"--reactors", "1"}, {kServerCore});
  if (server.address().empty()) return 1;
  PinToCore(kClientCore);
  fmt::print("{:19} {:11} {:7} {:>10} {:>9} {:>9}\n", "model", "loop", "side", "requests/s",
             "p50 us", "p99 us");
  for (const Shape& shape : kShapes) Compare(shape, self, server.address(), rounds, seconds);
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  // As hillock-server does: a floor that is slower than need be would flatter it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (argc == 3 && std::string(argv[1]) == "--echo") {
    hillock::bench::ServeEcho(std::strtoul(argv[2], nullptr, 10));
    return 0;
  }
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  return hillock::bench::Main(self, argc > 1 ? std::atoi(argv[1]) : 5,
                              argc > 2 ? std::atof(argv[2]) : 2.0);
}
