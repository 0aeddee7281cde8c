// What an activation costs on either backend, one thread, in one run: time an element and the ratio
// of the two, for a tile that fits the first cache and one that shows each call's own cost; and how
// near relu comes to the speed of memory. Backends take turns; the median of the rounds counts.
//
//   activation_bench [ROUNDS]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/kernel/fallback.h"
#include "server/kernel/onednn.h"
#include "tests/support/activation_tile.h"

namespace hillock::bench {
namespace {

using activation::Spec;
using testing::ActivationTile;

constexpr size_t kSizes[] = {256, 16384};
constexpr size_t kCols = 256;
constexpr double kRoundSeconds = 2e-3;
constexpr size_t kStreamElements = size_t{1} << 24;

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Pre-activations as layers have them: spread over [-4, 4] in no order.
void Fill(float* values, size_t n) {
  uint32_t state = 1;
  for (size_t i = 0; i < n; ++i) {
    state = state * 1664525u + 1013904223u;
    values[i] = static_cast<float>(state >> 8) * 0x1p-21f - 4.0f;
  }
}

// Seconds of one run, from as many as fill a round.
double TimeRun(ActivationTile& tile, size_t repeats) {
  return Seconds([&] {
           for (size_t i = 0; i < repeats; ++i) tile.Run();
         }) /
         static_cast<double>(repeats);
}

size_t RepeatsFor(ActivationTile& tile) {
  TimeRun(tile, 3);
  return std::max<size_t>(1, static_cast<size_t>(kRoundSeconds / TimeRun(tile, 5)));
}

struct Cell {
  double fallback_ns = 0;  // an element
  double onednn_ns = 0;    // 0 where oneDNN has none
  double ratio = 0;
};

Cell Measure(const Spec& spec, size_t elements, int rounds) {
  const auto params = *activation::ResolveParams(spec, {});
  const auto fallback = ActivationTile::OnFallback(spec, params, elements / kCols, kCols);
  const auto onednn = ActivationTile::OnOneDnn(spec, params, elements / kCols, kCols);
  Fill(fallback->src(), elements);
  if (onednn) Fill(onednn->src(), elements);
  const size_t fallback_repeats = RepeatsFor(*fallback);
  const size_t onednn_repeats = onednn ? RepeatsFor(*onednn) : 0;
  std::vector<double> fallback_seconds;
  std::vector<double> onednn_seconds;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    fallback_seconds.push_back(TimeRun(*fallback, fallback_repeats));
    if (!onednn) continue;
    onednn_seconds.push_back(TimeRun(*onednn, onednn_repeats));
    ratios.push_back(fallback_seconds.back() / onednn_seconds.back());
  }
  const double scale = 1e9 / static_cast<double>(elements);
  Cell cell{.fallback_ns = scale * Median(fallback_seconds)};
  if (onednn) cell = {cell.fallback_ns, scale * Median(onednn_seconds), Median(ratios)};
  return cell;
}

void PrintRow(const Spec& spec, int rounds) {
  fmt::print("{:17}", spec.name);
  for (const size_t elements : kSizes) {
    const Cell cell = Measure(spec, elements, rounds);
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

// relu over more than the caches hold, against a copy between the same two buffers.
void PrintStream(int rounds) {
  const Spec& relu = *activation::Find("relu");
  const auto tile = ActivationTile::OnFallback(relu, {}, 1, kStreamElements);
  Fill(tile->src(), kStreamElements);
  const auto other = ActivationTile::OnFallback(relu, {}, 1, kStreamElements);
  std::vector<double> copies;
  std::vector<double> passes;
  std::vector<double> ratios;
  for (int i = -1; i < rounds; ++i) {  // the first touches the pages
    const double copy =
        Seconds([&] { std::memcpy(other->src(), tile->src(), kStreamElements * sizeof(float)); });
    const double pass = Seconds([&] { tile->Run(); });
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
