// SPDX-License-Identifier: Apache-2.0

// How the time and memory that importing an ONNX file takes grow with the file.
//
//   import_bench N [NAME]
//
// For each of the hostile files, or the one called NAME, at N, 2 N and 4 N: the bytes of the file,
// milliseconds of processor time, the memory that the process has held at its most beyond what it
// had before, the steps of work that were counted, and what came of it. Each file is imported by a
// process of its own.

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/core/base/status.h"
#include "server/core/onnx/graph.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/reading/messages.h"
#include "tests/support/hostile_onnx.h"

namespace hillock::bench {
namespace {

double Milliseconds(const rusage& usage) {
  const auto of = [](const timeval& time) {
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

rusage Usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

absl::StatusOr<std::string_view> NoFile(std::string_view) {
  return absl::NotFoundError("no external data");
}

absl::StatusOr<model::Mlp> Import(const std::string& content, onnx::Budget& budget) {
  HILLOCK_ASSIGN_OR_RETURN(const onnx::ModelView view, onnx::ParseModel(content));
  return onnx::ImportGraph(view, NoFile, budget);
}

void Measure(const testing::HostileOnnx& file, size_t n) {
  const std::string content = file.make(n);
  onnx::Budget budget(content.size());
  const rusage before = Usage();
  const auto mlp = Import(content, budget);
  const rusage after = Usage();
  const std::string came = mlp.ok() ? fmt::format("{} layers", mlp->layers.size())
                                    : std::string(mlp.status().message()).substr(0, 120);
  fmt::print("{:14} {:6} {:9} bytes {:9.1f} ms {:8} KiB {:10} steps  {}\n", file.name, n,
             content.size(), Milliseconds(after) - Milliseconds(before),
             after.ru_maxrss - before.ru_maxrss, budget.steps(), came);
}

void MeasureApart(const testing::HostileOnnx& file, size_t n) {
  std::fflush(stdout);
  const pid_t child = fork();
  HILLOCK_CHECK(child >= 0);
  if (child == 0) {
    Measure(file, n);
    std::fflush(stdout);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: import_bench N [NAME]\n");
    return 2;
  }
  const size_t n = std::strtoul(argv[1], nullptr, 10);
  for (const auto& file : hillock::testing::HostileOnnxFiles()) {
    if (argc > 2 && file.name != std::string_view(argv[2])) continue;
    for (const size_t times : {1, 2, 4}) hillock::bench::MeasureApart(file, times * n);
  }
  return 0;
}
