// SPDX-License-Identifier: Apache-2.0

// When a load has run for long enough. Pure.

#ifndef HILLOCK_CLIENT_LOAD_STABILITY_H_
#define HILLOCK_CLIENT_LOAD_STABILITY_H_

#include <chrono>
#include <cstddef>
#include <span>

#include "client/load/tally.h"

namespace hillock::client {

// Windows that have to agree.
inline constexpr size_t kStableWindows = 3;

// What was measured in one window of a run, of the requests that succeeded.
struct WindowFigures {
  double requests_per_second = 0;
  double mean_seconds = 0;  // of latency
};

WindowFigures FiguresOf(const LoadTally& window);

// Whether the last kStableWindows agree: rate and mean latency of each are within `tolerance`, a
// share, of their mean over these windows. Windows without an answer never agree.
bool IsStable(std::span<const WindowFigures> windows, double tolerance);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_STABILITY_H_
