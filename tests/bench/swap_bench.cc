// SPDX-License-Identifier: Apache-2.0

// What requests notice of models that change beneath them. One reactor on core 0, closed loop of 4
// connections with 16 requests outstanding on core 1, and beside it a thread that has version after
// version loaded. Then a model is unloaded and loaded again and again, and files
// are timed from there to ready.
//
//   swap_bench [SWAPS [SWAPS_PER_SECOND [CYCLES]]]

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "proto/inference.grpc.pb.h"
#include "server/core/base/background_thread.h"
#include "tests/bench/bench_server.h"
#include "tests/bench/drive.h"
#include "tests/bench/process.h"

namespace hillock::bench {
namespace {

using inference::GRPCInferenceService;

const Shape kSmall{"16-64-64-8", {16, 64, 64, 8}};
const Shape kDigits{"784-512-256-10", {784, 512, 256, 10}};
const Shape kLarge{"1024-2048-2048-2048-256", {1024, 2048, 2048, 2048, 256}};
constexpr double kSeconds = 2;
constexpr int kRounds = 5;
constexpr auto kUntilFreed = std::chrono::seconds(2);

double Megabytes(size_t bytes) { return 1e-6 * static_cast<double>(bytes); }

// Loads and unloads by calls.
class Control {
 public:
  explicit Control(const std::string& address)
      : stub_(GRPCInferenceService::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {}

  // Milliseconds it took; negative when it failed.
  double Load(const Shape& shape) const {
    inference::RepositoryModelLoadRequest request;
    inference::RepositoryModelLoadResponse response;
    return Time(&GRPCInferenceService::Stub::RepositoryModelLoad, shape, request, response);
  }
  double Unload(const Shape& shape) const {
    inference::RepositoryModelUnloadRequest request;
    inference::RepositoryModelUnloadResponse response;
    return Time(&GRPCInferenceService::Stub::RepositoryModelUnload, shape, request, response);
  }

 private:
  template <class Method, class Request, class Response>
  double Time(Method method, const Shape& shape, Request& request, Response& response) const {
    request.set_model_name(shape.name);
    grpc::ClientContext context;
    const auto start = std::chrono::steady_clock::now();
    const grpc::Status status = ((*stub_).*method)(&context, request, &response);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    return status.ok() ? took.count() : -1;
  }

  std::unique_ptr<GRPCInferenceService::Stub> stub_;
};

// Swaps versions of a model at a rate, or slower where that is too fast, so many times and then
// until it is told to stop.
class Swapper {
 public:
  Swapper(const BenchRepository& repository, const Control& control, const Shape& shape, int swaps,
          double per_second)
      : thread_([=, this, &repository, &control, &shape] {
          MarkBackgroundThread(nullptr);  // it shares its core with the load
          auto next = std::chrono::steady_clock::now();
          for (int version = 2; version <= swaps + 1 || !stop_; ++version) {
            repository.Repeat(shape, version - 1, version);
            failures_ += control.Load(shape) < 0;
            repository.Remove(shape, version - 1);
            ++done_;
            next += std::chrono::nanoseconds(static_cast<int64_t>(1e9 / per_second));
            std::this_thread::sleep_until(next);
          }
        }) {}
  ~Swapper() { Stop(); }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int done() const { return done_; }
  int failures() const { return failures_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<int> done_{0};
  std::atomic<int> failures_{0};
  std::thread thread_;
};

// Drives the load until `ended`, and at least kRounds times.
struct Series {
  std::vector<double> rate;
  std::vector<double> p99_us;
  uint64_t failures = 0;

  void Drive(const client::LoadPlan& plan, const std::function<bool()>& ended) {
    for (int round = 0; round < kRounds || !ended(); ++round) {
      const Measured measured = bench::Drive(plan, kSeconds);
      rate.push_back(measured.requests_per_second);
      p99_us.push_back(measured.p99_us);
      failures += measured.failures;
    }
  }
  void Print(const char* name) const {
    fmt::print("{:>14}: {:8.0f} requests/s, p99 {:6.0f} us, {} failed\n", name, Median(rate),
               Median(p99_us), failures);
  }
};

void MeasureSwaps(const BenchRepository& repository, const BenchServer& server,
                  const Control& control, const Shape& shape, int swaps, double per_second) {
  control.Load(shape);
  client::LoadPlan plan;
  plan.endpoint.target = server.address();
  plan.requests = {MakeRequest(shape)};
  Series steady;
  steady.Drive(plan, [] { return true; });
  const size_t before = server.ResidentBytes();
  Series swapped;
  Swapper swapper(repository, control, shape, swaps, per_second);
  swapped.Drive(plan, [&] { return swapper.done() >= swaps; });
  swapper.Stop();
  std::this_thread::sleep_for(kUntilFreed);
  steady.Print("steady");
  swapped.Print("while swapping");
  fmt::print(
      "{} swaps of {}, at most {:.0f} a second, {} failed; p99 x {:.2f}; {:.1f} MB resident "
      "before, {:.1f} after\n",
      swapper.done(), shape.name, per_second, swapper.failures(),
      Median(swapped.p99_us) / Median(steady.p99_us), Megabytes(before),
      Megabytes(server.ResidentBytes()));
}

void MeasureCycles(const BenchServer& server, const Control& control, const Shape& shape,
                   int cycles) {
  int failures = 0;
  for (int cycle = 0; cycle <= cycles; ++cycle) {
    failures += control.Unload(shape) < 0;
    if (cycle % std::max(cycles / 4, 1) == 0) {
      std::this_thread::sleep_for(kUntilFreed);
      fmt::print("after {:6} cycles of {}: {:.1f} MB resident\n", cycle, shape.name,
                 Megabytes(server.ResidentBytes()));
    }
    failures += control.Load(shape) < 0;
  }
  fmt::print("{} failed\n", failures);
}

void MeasureLoad(const Control& control, const Shape& shape) {
  std::vector<double> took;
  for (int round = 0; round < kRounds; ++round) {
    control.Unload(shape);
    took.push_back(control.Load(shape));
  }
  fmt::print("{}: {:.1f} ms from file to ready\n", shape.name, Median(took));
}

int Main(int swaps, double per_second, int cycles) {
  const BenchRepository repository;
  for (const Shape& shape : {kSmall, kDigits, kLarge}) repository.Write(shape);
  const BenchServer server(repository, {"--model-control", "explicit", "--reactors", "1"}, {0});
  if (server.address().empty()) return 1;
  PinToCore(1);
  const Control control(server.address());
  for (const Shape& shape : {kDigits, kLarge}) MeasureLoad(control, shape);
  const size_t loaded = server.ResidentBytes();
  control.Unload(kLarge);
  std::this_thread::sleep_for(kUntilFreed);
  fmt::print("{:.1f} MB resident with {}, {:.1f} without\n", Megabytes(loaded), kLarge.name,
             Megabytes(server.ResidentBytes()));
  MeasureSwaps(repository, server, control, kSmall, swaps, per_second);
  MeasureSwaps(repository, server, control, kDigits, swaps, per_second);
  MeasureCycles(server, control, kSmall, cycles);
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  return hillock::bench::Main(argc > 1 ? std::atoi(argv[1]) : 1000,
                              argc > 2 ? std::atof(argv[2]) : 20,
                              argc > 3 ? std::atoi(argv[3]) : 10'000);
}
