#ifndef HILLOCK_SERVER_CORE_BASE_PRECISION_H_
#define HILLOCK_SERVER_CORE_BASE_PRECISION_H_

#include <array>
#include <cstddef>
#include <string_view>

namespace hillock {

// What the inputs and weights of dense layers are rounded to before they are multiplied. bf16 is
// the upper half of an f32: its range, and 8 significant bits. Sums are in f32 either way.
enum class Precision { kF32, kBf16 };

// By precision: the names in options, files and the log.
inline constexpr std::array<std::string_view, 2> kPrecisionNames = {"f32", "bf16"};

constexpr std::string_view PrecisionName(Precision precision) {
  return kPrecisionNames[static_cast<size_t>(precision)];
}

// How far bf16 may move an answer when nobody says: this much of 1 + the largest answer of its
// output.
//
// A number rounded to 8 bits is off by 2^-8, 0.004, of itself at most. What that does to the terms
// of a sum is as random as their signs, so a wide layer's sums are off by no more of their size
// than a narrow one's, and the error grows with the square root of the depth. Trained and random
// networks of up to ten layers came to 0.012 at most, most of them to 0.002 to 0.007; those with an
// activation that jumps came to 0.05 and more (server/README.md).
inline constexpr double kPrecisionTolerance = 0.02;

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_PRECISION_H_
