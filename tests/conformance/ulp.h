// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_CONFORMANCE_ULP_H_
#define HILLOCK_TESTS_CONFORMANCE_ULP_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace hillock::testing {

// The spacing of floats at `value`: that of the denormals below the smallest normal number.
inline double Spacing(double value) {
  constexpr uint64_t kExponent = 0x7ff;
  constexpr uint64_t kSmallestNormal = 1023 - 126;
  const uint64_t exponent = std::bit_cast<uint64_t>(value) >> 52 & kExponent;
  return std::bit_cast<double>((std::max(exponent, kSmallestNormal) - 23) << 52);
}

// How far `got` is from `want`, in spacings of floats at `want`. 0 when both are NaN, or when
// `want` rounds to the infinity that `got` is; infinite when only one of them is NaN or infinite.
inline double UlpError(float got, double want) {
  const auto rounded = static_cast<float>(want);
  if (std::isnan(got) || std::isnan(rounded)) {
    return std::isnan(got) == std::isnan(rounded) ? 0 : std::numeric_limits<double>::infinity();
  }
  if (std::isinf(got) || std::isinf(rounded)) {
    return got == rounded ? 0 : std::numeric_limits<double>::infinity();
  }
  return std::abs(static_cast<double>(got) - want) / Spacing(want);
}

inline bool SameBits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_CONFORMANCE_ULP_H_
