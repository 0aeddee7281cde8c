// SPDX-License-Identifier: Apache-2.0

// What an activation costs on either backend, one thread, in one run: time an element and the ratio
// of the two, for a tile that fits the first cache and one that shows each call's own cost; and how
// near relu comes to the speed of memory. Backends take turns; the median of the rounds counts.
//
//   activation_bench [ROUNDS]

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "server/core/activation/figures.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"
#include "tests/bench/activation_timing.h"
#include "tests/support/activation_tile.h"

namespace hillock::bench {
namespace {

using activation::Spec;
using testing::ActivationTile;

constexpr size_t kSizes[] = {256, activation::kTimedElements};
constexpr size_t kStreamElements = size_t{1} << 24;

void PrintRow(const Spec& spec, int rounds) {
  fmt::print("{:17}", spec.name);
  for (const size_t elements : kSizes) {
    const ActivationTiming cell = TimeActivation(spec, elements, rounds);
    // Four bytes in and four out.
    fmt::print(" | {:8.3f} {:6.1f}", cell.fallback_ns, 8 / cell.fallback_ns);
    if (cell.onednn_ns > 0) {
      fmt::print(" {:8.3f} {:6.2f}", cell.onednn_ns, cell.ratio);
    } else {
      fmt::print(" {:>8} {:>6}", "-", "-");
    }
  }
  fmt::print("\n");
  std::fflush(stdout);
}

// relu in place, as the server runs it, over more than the caches hold, against a copy of as many
// floats: both read and write each byte once.
void PrintStream(int rounds) {
  const Spec& relu = *activation::Find("relu");
  const auto kernel = kernel::fallback::FindActivation(relu);
  std::vector<float> values(kStreamElements);
  std::vector<float> copied(kStreamElements);
  Fill(values.data(), kStreamElements);
  std::vector<double> copies;
  std::vector<double> passes;
  std::vector<double> ratios;
  for (int i = -1; i < rounds; ++i) {  // the first touches the pages
    const double copy = Seconds(
        [&] { std::memcpy(copied.data(), values.data(), kStreamElements * sizeof(float)); });
    const double pass =
        Seconds([&] { kernel({}, nullptr, values.data(), values.data(), 1, kStreamElements); });
    if (i < 0) continue;
    copies.push_back(copy);
    passes.push_back(pass);
    ratios.push_back(copy / pass);
  }
  const double gigabytes = 8e-9 * static_cast<double>(kStreamElements);
  fmt::print("\nrelu over 2^24 elements: {:.1f} GB/s, copying them {:.1f} GB/s, ratio {:.2f}\n",
             gigabytes / Median(passes), gigabytes / Median(copies), Median(ratios));
}

int Main(int rounds) {
  fmt::print("instruction set {}, oneDNN {}, median of {} rounds\n",
             kernel::fallback::InstructionSet(), kernel::onednn::Version(), rounds);
  fmt::print("{:17}", "");
  for (const size_t elements : kSizes) {
    fmt::print(" | {:31}", fmt::format("{} elements", elements));
  }
  fmt::print("\n{:17}", "activation");
  for (size_t i = 0; i < std::size(kSizes); ++i) {
    fmt::print(" | {:>8} {:>6} {:>8} {:>6}", "fallback", "GB/s", "oneDNN", "ratio");
  }
  fmt::print("   (ns an element; ratio fallback / oneDNN)\n");
  for (const Spec& spec : activation::All()) PrintRow(spec, rounds);
  PrintStream(rounds);
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int argc, char** argv) {
  return hillock::bench::Main(argc > 1 ? std::max(1, std::atoi(argv[1])) : 5);
}
