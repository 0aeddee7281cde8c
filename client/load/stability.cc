// SPDX-License-Identifier: Apache-2.0
#include "client/load/stability.h"

#include <algorithm>
#include <cmath>

namespace hillock::client {
namespace {

bool Agree(std::span<const WindowFigures> windows, double WindowFigures::*figure,
           double tolerance) {
  double mean = 0;
  for (const WindowFigures& window : windows) mean += window.*figure;
  mean /= static_cast<double>(windows.size());
  return mean > 0 && std::ranges::all_of(windows, [&](const WindowFigures& window) {
           return std::abs(window.*figure - mean) <= tolerance * mean;
         });
}

}  // namespace

WindowFigures FiguresOf(const LoadTally& window) {
  const auto found = window.outcomes().find(absl::StatusCode::kOk);
  if (found == window.outcomes().end() || window.elapsed() == 0) return {};
  return {static_cast<double>(found->second.in_time) / ToSeconds(window.elapsed()),
          found->second.latencies.MeanSeconds()};
}

bool IsStable(std::span<const WindowFigures> windows, double tolerance) {
  if (windows.size() < kStableWindows) return false;
  const auto last = windows.last(kStableWindows);
  return Agree(last, &WindowFigures::requests_per_second, tolerance) &&
         Agree(last, &WindowFigures::mean_seconds, tolerance);
}

}  // namespace hillock::client
