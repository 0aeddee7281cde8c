// SPDX-License-Identifier: Apache-2.0

// Hillock's side of engine_bench.py: writes models with random weights, rows and its answers to
// them into a folder, then times batches as it is told.
//
//   engine_bench FOLDER f32|bf16 SHAPE...
//
// For each shape, such as 16-64-64-8 or one of graph_models.h, it writes FOLDER/SHAPE.weights,
// .rows and .answers: float32, kMaxRows rows, and of one layer after the other the weights as
// [outputs][inputs] and the bias, or the scale and the shift. Then it prints "ready". A line "SHAPE
// ROWS SECONDS" on standard input is answered with the seconds that a batch of so many rows takes,
// an empty one ends it.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/core/engine/executor.h"
#include "server/core/engine/plan.h"
#include "tests/bench/graph_models.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"

namespace hillock::bench {
namespace {

using engine::Executor;
using engine::kMaxRows;
using engine::Plan;
using std::filesystem::path;

constexpr uint32_t kSeed = 1;
constexpr size_t kMaxRunsBetweenLooks = 64;  // at the clock

// Dense layers with relu between them, or a net of row operations.
model::Mlp MakeModel(const std::string& shape) {
  if (IsGraphModel(shape)) return MakeGraphModel(shape);
  std::vector<size_t> widths;
  std::istringstream words(shape);
  for (std::string word; std::getline(words, word, '-');) widths.push_back(std::stoul(word));
  testing::MlpBuilder builder(widths.front(), kSeed);
  for (size_t i = 1; i < widths.size(); ++i) {
    builder.Add(widths[i], i + 1 < widths.size() ? "relu" : "identity");
  }
  return builder.Build();
}

void Append(std::ofstream& file, std::span<const float> floats) {
  file.write(reinterpret_cast<const char*>(floats.data()),
             static_cast<std::streamsize>(floats.size_bytes()));
}

void Write(const path& file, std::span<const float> floats) {
  std::ofstream out(file, std::ios::binary);
  Append(out, floats);
}

void AppendNumbers(std::ofstream& file, const model::Layer& layer) {
  Append(file, layer.weights);
  Append(file, layer.bias);
  if (layer.is_dense()) return;
  if (const auto* const scale = std::get_if<model::Scale>(&*layer.operation)) {
    Append(file, scale->scale);
    Append(file, scale->shift);
  }
  if (const auto* const normalize = std::get_if<model::Normalize>(&*layer.operation)) {
    Append(file, normalize->scale);
    Append(file, normalize->shift);
  }
}

// One model, ready to run, with all rows in its input.
class Contender {
 public:
  Contender(const path& folder, Precision precision, const std::string& shape) {
    const model::Mlp mlp = MakeModel(shape);
    std::ofstream weights(folder / (shape + ".weights"), std::ios::binary);
    for (const model::Layer& layer : mlp.layers) AppendNumbers(weights, layer);
    const auto rows = testing::Random(kSeed).Floats(kMaxRows * mlp.input_width(), -2, 2);
    Write(folder / (shape + ".rows"), rows);
    executor_ = std::make_unique<Executor>(
        Plan::Compile(mlp, {{.rewrite = true, .precision = precision}}), Clock::Monotonic());
    std::ranges::copy(rows, executor_->input());
    Run(kMaxRows);
    answers_.assign(executor_->output(), executor_->output() + kMaxRows * mlp.answer_width());
    Write(folder / (shape + ".answers"), answers_);
    for (const auto& step : executor_->plan().steps()) {
      fmt::print(stderr, "{}: {}\n", shape, engine::Describe(step));
    }
  }

  double SecondsABatch(size_t rows, double seconds) {
    HILLOCK_CHECK(engine::kBuckets[engine::BucketFor(rows)] == rows);  // padding would wipe rows
    Time(rows, seconds / 4);  // after the other's turn, caches are cold
    const double result = Time(rows, seconds);
    const size_t bytes = answers_.size() / kMaxRows * rows * sizeof(float);
    HILLOCK_CHECK(std::memcmp(executor_->output(), answers_.data(), bytes) == 0);
    return result;
  }

 private:
  void Run(size_t rows) { HILLOCK_CHECK(executor_->Run(rows, /*profile=*/false).ok()); }

  double Time(size_t rows, double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    size_t runs = 0;
    for (size_t next = 1;; next = std::min(2 * next, kMaxRunsBetweenLooks)) {
      for (size_t i = 0; i < next; ++i) Run(rows);
      runs += next;
      const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
      if (elapsed >= seconds) return elapsed / static_cast<double>(runs);
    }
  }

  std::unique_ptr<Executor> executor_;
  std::vector<float> answers_;
};

int Main(const path& folder, Precision precision, std::span<char* const> shapes) {
  std::map<std::string, Contender> contenders;
  for (const std::string shape : shapes) contenders.try_emplace(shape, folder, precision, shape);
  std::cout << "ready" << std::endl;
  std::string shape;
  size_t rows = 0;
  double seconds = 0;
  while (std::cin >> shape >> rows >> seconds) {
    std::cout << contenders.at(shape).SecondsABatch(rows, seconds) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: engine_bench FOLDER f32|bf16 SHAPE...\n");
    return 2;
  }
  const auto precision = hillock::FindPrecision(argv[2]).value();
  return hillock::bench::Main(argv[1], precision,
                              std::span(argv, static_cast<size_t>(argc)).subspan(3));
}
