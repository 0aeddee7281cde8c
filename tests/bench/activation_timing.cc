// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/activation_timing.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "tests/support/activation_tile.h"

namespace hillock::bench {
namespace {

using activation::Spec;
using testing::ActivationTile;

constexpr size_t kCols = 256;
constexpr double kRoundSeconds = 2e-3;

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

}  // namespace

ActivationTiming TimeActivation(const Spec& spec, size_t elements, int rounds) {
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
  ActivationTiming timing{.fallback_ns = scale * Median(fallback_seconds)};
  if (onednn) timing = {timing.fallback_ns, scale * Median(onednn_seconds), Median(ratios)};
  return timing;
}

void Fill(float* values, size_t n) {
  uint32_t state = 1;
  for (size_t i = 0; i < n; ++i) {
    state = state * 1664525u + 1013904223u;
    values[i] = static_cast<float>(state >> 8) * 0x1p-21f - 4.0f;
  }
}

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace hillock::bench
