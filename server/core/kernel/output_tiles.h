// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_OUTPUT_TILES_H_
#define HILLOCK_SERVER_CORE_KERNEL_OUTPUT_TILES_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace hillock::kernel {

// Consecutive outputs of a dense layer that are computed together. Both backends compute a wide
// layer tile by tile over all rows: a long run then has yield points within the layer, and still
// reads the weights once for many rows.
struct OutputTile {
  size_t first;
  size_t outputs;
};

// The most weights of a tile, though it has at least kTileStep outputs: with 64 rows it takes 0.7
// ms on a core that computes 100 GFLOP/s.
inline constexpr size_t kMaxTileWeights = size_t{1} << 19;

// Outputs of all tiles but the last are a multiple of this: whole panels on either backend.
inline constexpr size_t kTileStep = 64;

// The tiles of a layer, in order, equally wide but for the last.
inline std::vector<OutputTile> TilesOf(size_t inputs, size_t outputs) {
  const size_t fitting = kMaxTileWeights / std::max<size_t>(inputs, 1) / kTileStep * kTileStep;
  const size_t most = std::max(fitting, kTileStep);
  const size_t count = (outputs + most - 1) / most;
  const size_t even = ((outputs + count - 1) / count + kTileStep - 1) / kTileStep * kTileStep;
  std::vector<OutputTile> tiles;
  for (size_t first = 0; first < outputs; first += even) {
    tiles.push_back({first, std::min(even, outputs - first)});
  }
  return tiles;
}

}  // namespace hillock::kernel

#endif  // HILLOCK_SERVER_CORE_KERNEL_OUTPUT_TILES_H_
