// What serving costs beside a gRPC echo of the same messages. Server and client have a core each;
// echo and server take turns, so that both meet the same moments of a shared machine. Prints the
// median of the rounds of each, and the median of the rounds' ratios.
//
//   serving_bench [ROUNDS [SECONDS]]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "client/load_generator.h"
#include "proto/inference.pb.h"
#include "server/model/mlp.h"
#include "server/model/writer.h"
#include "tests/bench/echo_server.h"
#include "tests/bench/process.h"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kServerCore = 0;
constexpr int kClientCore = 1;
constexpr double kWarmUpSeconds = 0.3;

struct Shape {
  std::string name;
  std::vector<size_t> widths;
};

const std::vector<Shape> kShapes = {{"16-64-64-8", {16, 64, 64, 8}},
                                    {"784-512-256-10", {784, 512, 256, 10}}};

std::vector<float> RandomFloats(size_t n, float scale) {
  static std::mt19937 engine(1);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> floats(n);
  for (float& f : floats) f = uniform(engine);
  return floats;
}

model::Mlp MakeModel(const Shape& shape) {
  model::Mlp mlp;
  mlp.input_name = "input";
  mlp.output_name = "output";
  for (size_t i = 0; i + 1 < shape.widths.size(); ++i) {
    model::Layer layer;
    layer.name = fmt::format("layer{}", i);
    layer.inputs = shape.widths[i];
    layer.outputs = shape.widths[i + 1];
    layer.weights =
        RandomFloats(layer.inputs * layer.outputs, 1.0f / static_cast<float>(layer.inputs));
    layer.bias = RandomFloats(layer.outputs, 0.1f);
    layer.activation = activation::Find(i + 2 == shape.widths.size() ? "identity" : "relu");
    mlp.layers.push_back(std::move(layer));
  }
  return mlp;
}

void WriteModel(const fs::path& repository, const Shape& shape) {
  const fs::path folder = repository / shape.name / "1";
  fs::create_directories(folder);
  std::ofstream(folder / "model.mlp", std::ios::binary) << model::WriteMlp(MakeModel(shape));
}

std::string MakeRequest(const Shape& shape) {
  inference::ModelInferRequest request;
  request.set_model_name(shape.name);
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(1);
  input.add_shape(static_cast<int64_t>(shape.widths.front()));
  const std::vector<float> row = RandomFloats(shape.widths.front(), 1.0f);
  request.add_raw_input_contents(
      std::string(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float)));
  return request.SerializeAsString();
}

struct Measured {
  double requests_per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  uint64_t failures = 0;
};

// Drives the load from one thread for some seconds, after a warm-up.
Measured Drive(const client::LoadPlan& plan, double seconds) {
  using Seconds = std::chrono::duration<double>;
  const auto nanos = [](Seconds s) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(s);
  };
  const auto generator = client::LoadGenerator::Connect(plan);
  if (!generator.ok()) return {};
  (*generator)->Run(nanos(Seconds(kWarmUpSeconds)));
  const client::LoadTally tally = (*generator)->Run(nanos(Seconds(seconds)));
  const auto ok = tally.outcomes().find(absl::StatusCode::kOk);
  if (ok == tally.outcomes().end()) return {0, 0, 0, tally.count()};
  const auto micros = [&](double q) { return ok->second.latencies.QuantileSeconds(q) * 1e6; };
  return {static_cast<double>(ok->second.in_time) / seconds, micros(0.5), micros(0.99),
          tally.count() - ok->second.count()};
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Rounds {
  std::vector<Measured> echo;
  std::vector<Measured> server;
};

void Print(const Shape& shape, const std::string& loop, const Rounds& rounds) {
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
    fmt::print("{:16} {:6} {:7} {:10.0f} {:9.0f} {:9.0f}\n", shape.name, loop,
               side == &rounds.echo ? "echo" : "hillock", median(*side, rate), median(*side, p50),
               median(*side, p99));
  }
  fmt::print("{:16} {:6} ratio {:.3f} of the echo's requests/s, {} failures\n", shape.name, loop,
             Median(ratios), failures);
  std::fflush(stdout);
}

void Compare(const Shape& shape, const std::string& self, const std::string& address, int rounds,
             double seconds) {
  Process echo({self, "--echo", std::to_string(shape.widths.back())}, kServerCore);
  const std::string echo_address = echo.WaitForLine(":");
  const std::string request = MakeRequest(shape);
  const std::pair<size_t, size_t> loops[] = {{4, 16}, {1, 1}};
  for (const auto& [connections, outstanding] : loops) {
    Rounds results;
    for (int i = 0; i < rounds; ++i) {
      client::LoadPlan plan{echo_address, {request}, connections, outstanding};
      // gRPC's default. The echo's side of the ratio depends on what the client costs.
      plan.retries = true;
      results.echo.push_back(Drive(plan, seconds));
      plan.target = address;
      results.server.push_back(Drive(plan, seconds));
    }
    Print(shape, fmt::format("{}x{}", connections, outstanding), results);
  }
}

// The address after "grpc " in the server's line that says it is ready.
std::string AddressIn(const std::string& ready) {
  const size_t start = ready.find("grpc ") + 5;
  return ready.substr(start, ready.find(',', start) - start);
}

int Main(const std::string& self, int rounds, double seconds) {
  const fs::path repository =
      fs::temp_directory_path() / fmt::format("hillock-serving-bench-{}", std::random_device()());
  for (const Shape& shape : kShapes) WriteModel(repository, shape);
  Process server({HILLOCK_SERVER_BINARY, "--repository", repository.string(), "--listen",
                  "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--reactors", "1"},
                 kServerCore);
  const std::string ready = server.WaitForLine("ready:");
  fs::remove_all(repository);
  if (ready.empty()) return 1;
  PinToCore(kClientCore);
  fmt::print("{:16} {:6} {:7} {:>10} {:>9} {:>9}\n", "model", "loop", "side", "requests/s",
             "p50 us", "p99 us");
  for (const Shape& shape : kShapes) Compare(shape, self, AddressIn(ready), rounds, seconds);
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
