// SPDX-License-Identifier: Apache-2.0

// The two 16-bit floats, from and to 32 bits. They vectorize.

#ifndef HILLOCK_SERVER_CORE_BASE_HALF_H_
#define HILLOCK_SERVER_CORE_BASE_HALF_H_

#include <bit>
#include <cstdint>

namespace hillock {

// IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. Exact; NaN stays NaN.
constexpr float HalfToFloat(uint16_t half) {
  constexpr uint32_t kRebias = (127 - 15) << 23;
  constexpr uint32_t kExponent = 31 << 23;
  constexpr float kSmallestNormal = 0x1p-14f;
  uint32_t bits = (half & 0x7fffu) << 13;
  const uint32_t exponent = bits & kExponent;
  bits += kRebias;
  if (exponent == kExponent) bits += kRebias;  // infinity or NaN
  // Subnormal: as if normal, less the leading one that it does not have.
  const float subnormal = std::bit_cast<float>(bits + (1u << 23)) - kSmallestNormal;
  if (exponent == 0) bits = std::bit_cast<uint32_t>(subnormal);
  return std::bit_cast<float>(bits | (half & 0x8000u) << 16);
}

// Rounds to nearest, ties to even: 65520 and beyond are infinite, NaN stays NaN.
constexpr uint16_t FloatToHalf(float value) {
  constexpr uint32_t kInfinity = 0xffu << 23;
  constexpr uint32_t kTooLarge = (127u + 16) << 23;  // 2^16
  constexpr uint32_t kSmallestNormal = (127u - 14) << 23;
  // Adding 0.5 leaves the fraction of a subnormal half in the lowest bits, rounded.
  constexpr float kAlign = 0.5f;
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7fffffff;
  const uint32_t odd = magnitude >> 13 & 1;
  uint32_t half = (magnitude - ((127u - 15) << 23) + 0xfff + odd) >> 13;
  if (magnitude < kSmallestNormal) {
    half = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + kAlign) -
           std::bit_cast<uint32_t>(kAlign);
  }
  if (magnitude >= kTooLarge) half = magnitude > kInfinity ? 0x7e00 : 0x7c00;
  return static_cast<uint16_t>(half | (bits & 0x80000000) >> 16);
}

// bfloat16: the upper half of a float. Exact.
constexpr float Bfloat16ToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// Rounds to nearest, ties to even; NaN stays NaN.
constexpr uint16_t FloatToBfloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  const uint32_t nan = bits >> 16 | 0x40;
  return static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_HALF_H_
