// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_PRECISION_H_
#define HILLOCK_SERVER_CORE_BASE_PRECISION_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hillock {

// What the inputs and weights of dense layers are rounded to before they are multiplied. bf16 is
// the upper half of an f32: its range, and 8 significant bits. Sums are in f32 either way.
//
// Everything that differs by precision is in the table below, in the number type that it names
// (kernel/onednn_primitives.cc), and in proto/mlp.proto.
enum class Precision { kF32, kBf16 };

struct PrecisionSpec {
  std::string_view name;         // in options, files and the log
  std::string_view onednn_type;  // oneDNN's name of the type that inputs and weights are rounded to

  // What the log says of a CPU that is not faster at it than at f32; empty when it always may be
  // used.
  std::string_view slow_cpu{};

  // Whether a layer may take the input's normalization into its weights. It may not where x is
  // rounded: what was to be rounded is x - offset, which may be far smaller.
  bool folds_normalization = true;

  // How far an answer may be moved by it, unless a model's options say: by this much of 1 + the
  // largest answer of its output.
  double tolerance = 0;
};

// By precision. The tolerance of bf16: a number rounded to 8 bits is off by 2^-8, 0.004, of itself
// at most. The errors of a sum's terms have random signs, as the terms have, so a wide layer's
// relative error is no larger than a narrow one's, and it grows with the square root of the depth.
// Measured on trained and random networks of up to ten layers: 0.012 at most, 0.002 to 0.007 for
// most; 0.05 and more with an activation that jumps.
inline constexpr std::array<PrecisionSpec, 2> kPrecisionTable = {{
    {.name = "f32", .onednn_type = "f32"},
    {.name = "bf16",
     .onednn_type = "bf16",
     .slow_cpu = "this CPU has neither AVX512_BF16 nor AMX",
     .folds_normalization = false,
     .tolerance = 0.02},
}};

constexpr const PrecisionSpec& SpecOf(Precision precision) {
  return kPrecisionTable[static_cast<size_t>(precision)];
}

constexpr std::string_view PrecisionName(Precision precision) { return SpecOf(precision).name; }

// By precision.
inline constexpr auto kPrecisionNames = [] {
  std::array<std::string_view, kPrecisionTable.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kPrecisionTable[i].name;
  return names;
}();

// The precision of that name, or none.
constexpr std::optional<Precision> FindPrecision(std::string_view name) {
  for (size_t i = 0; i < kPrecisionTable.size(); ++i) {
    if (name == kPrecisionTable[i].name) return static_cast<Precision>(i);
  }
  return std::nullopt;
}

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_PRECISION_H_
