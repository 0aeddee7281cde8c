// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_TUNING_CALIBRATION_H_
#define HILLOCK_SERVER_CORE_ENGINE_TUNING_CALIBRATION_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

namespace hillock::engine {

// Fills calibration rows, made-up rows for comparing and timing while loading: pseudo-random
// numbers in [-2, 2), as standardized inputs of a layer are; the same every time.
inline void FillCalibration(std::span<float> values) {
  uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) * 0x1p-22f - 2.0f;
  }
}

// The input x that a normalization maps to z: offset + z / scale, or offset + z where scale is 0;
// clamped to the range of float.
inline float BeforeNormalization(float z, float offset, float scale) {
  constexpr double kMax = std::numeric_limits<float>::max();
  const double step = scale == 0 ? z : double{z} / scale;
  return static_cast<float>(std::clamp(offset + step, -kMax, kMax));
}

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_TUNING_CALIBRATION_H_
