// SPDX-License-Identifier: Apache-2.0
#include "client/text/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hillock::client {
namespace {

constexpr size_t kLevels = 9;
constexpr std::array<const char*, kLevels> kBlocks{" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                                   "\u2585", "\u2586", "\u2587", "\u2588"};
constexpr std::array<const char*, kLevels> kMarks{" ", "_", "_", ".", ".", "-", "-", "=", "#"};

// Only nothing has the lowest level.
size_t LevelOf(double value, double largest) {
  if (!(value > 0)) return 0;
  const double level = std::ceil(value / largest * (kLevels - 1));
  return std::min(static_cast<size_t>(level), kLevels - 1);
}

}  // namespace

std::string Sparkline(std::span<const double> values, Charset charset) {
  double largest = 0;
  for (const double value : values) {
    if (std::isfinite(value)) largest = std::max(largest, value);
  }
  std::string text;
  for (const double value : values) {
    const size_t level = LevelOf(value, largest);
    text += charset == Charset::kUtf8 ? kBlocks[level] : kMarks[level];
  }
  return text;
}

}  // namespace hillock::client
