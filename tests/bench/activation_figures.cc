// SPDX-License-Identifier: Apache-2.0

// Measures every activation on either backend, how exact over the float line and how fast, and
// prints what server/activation/figures.inc holds:
//
//   activation_figures [ROUNDS] > server/activation/figures.inc

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "server/core/activation/figures.h"
#include "server/core/kernel/onednn.h"
#include "tests/bench/activation_timing.h"
#include "tests/conformance/accuracy.h"

namespace hillock::bench {
namespace {

using activation::Spec;
using testing::Accuracy;
using testing::Worst;

// What Linux says of the processor under `key`.
std::string CpuFact(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (colon != std::string::npos && line.substr(0, line.find_first_of("\t:")) == key) {
      return line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::string InstructionSets() {
  std::string names;
  for (const testing::Isa& isa : testing::UsableIsas()) {
    names += (names.empty() ? "" : " ") + isa.name;
  }
  return names;
}

void PrintMachine() {
  fmt::print("constexpr Machine kMachine{{\n");
  fmt::print("    .cpu = \"{}, family {}, model {}\",\n", CpuFact("model name"),
             CpuFact("cpu family"), CpuFact("model"));
  fmt::print("    .instruction_sets = \"{}\",\n", InstructionSets());
  fmt::print("    .onednn = \"{}\",\n", kernel::onednn::Version());
  fmt::print("    .date = \"{:%F}\"}};\n", fmt::gmtime(std::chrono::system_clock::now()));
}

// To two decimals, never down, as long as these mean anything.
std::string Ulp(double error) {
  if (std::isinf(error)) return "kInfinity";
  return error > 1e6 ? fmt::format("{:.3g}", error)
                     : fmt::format("{:.2f}", std::ceil(error * 100) / 100);
}

std::string Backend(const Accuracy& accuracy, double nanoseconds) {
  return fmt::format("BackendFigures{{{}, {:a}f, {:.3g}, {:a}f, {:.3f}}}", Ulp(accuracy.ulp.error),
                     accuracy.ulp.x, accuracy.absolute.error, accuracy.absolute.x, nanoseconds);
}

const Worst& Worse(const Worst& a, const Worst& b) { return b.error > a.error ? b : a; }

void PrintRow(const Spec& spec, int rounds) {
  std::vector<testing::Kernel> kernels;
  for (const testing::Isa& isa : testing::UsableIsas()) {
    kernels.push_back(testing::FallbackKernel(spec, isa));
  }
  const size_t isas = kernels.size();
  if (auto onednn = testing::OneDnnKernel(spec)) kernels.push_back(*std::move(onednn));
  const std::vector<Accuracy> measured = testing::MeasureAccuracy(spec, kernels);
  Accuracy fallback;
  for (size_t i = 0; i < isas; ++i) {
    fallback = {Worse(fallback.ulp, measured[i].ulp),
                Worse(fallback.absolute, measured[i].absolute)};
  }
  const ActivationTiming timing = TimeActivation(spec, activation::kTimedElements, rounds);
  fmt::print("    {{\"{}\",\n     {},\n     {}}},\n", spec.name,
             Backend(fallback, timing.fallback_ns),
             measured.size() > isas ? Backend(measured.back(), timing.onednn_ns) : "std::nullopt");
  std::fflush(stdout);
}

int Main(int rounds) {
  fmt::print(
      "// Written by tests/bench/activation_figures: for either backend the worst error in\n");
  fmt::print("// ULP and where, the worst absolute error and where, and ns an element.\n");
  PrintMachine();
  fmt::print("constexpr Figures kFigures[] = {{\n");
  for (const Spec& spec : activation::All()) PrintRow(spec, rounds);
  fmt::print("}};\n");
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  return hillock::bench::Main(argc > 1 ? std::max(1, std::atoi(argv[1])) : 51);
}
