// SPDX-License-Identifier: Apache-2.0

// An evaluation of MLPs apart from the server's: plain loops in double precision over the table's
// reference functions.

#ifndef HILLOCK_TESTS_SUPPORT_REFERENCE_H_
#define HILLOCK_TESTS_SUPPORT_REFERENCE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/precision.h"
#include "server/core/model/mlp.h"

namespace hillock::testing {

// How far one activation kernel may be off: relative * |want| + absolute.
struct KernelError {
  double relative = 0;
  double absolute = 0;
};

// The table's bound for the fallback's kernel.
KernelError FallbackError(const activation::Spec& spec);

// What oneDNN's own tests grant its activations.
inline constexpr KernelError kOneDnnError{.relative = 4e-5, .absolute = 4e-6};

// A number, and how far a computation in float may honestly be from it: infinitely or NaN where it
// may overflow, or be on the other side of a pole or of the end of a domain.
struct Approximate {
  double value = 0;
  double error = 0;
};

// An output of the model, by its position, for one row. Its error bounds carry every rounding
// through the layers after it: that of the sums, of the activations (`fallback_only`: the table's
// bound, else oneDNN's), and what the activation makes of an error in its argument, a jump
// included. `precisions`: by layer; in bf16 its weights and what comes into it are rounded, which
// magnifies the error of a number that lies just beside where the rounding changes. Empty: all in
// f32. The error is infinite where rounding may decide for something else altogether, as which of
// two numbers is greater, or where a number leaves the range of floats.
std::vector<Approximate> Evaluate(const model::Mlp& mlp, std::span<const float> row,
                                  bool fallback_only, size_t output = 0,
                                  std::span<const Precision> precisions = {});

// The bf16 number nearest to x, of two equally near ones the even. REQUIRES: x is 0 or as large as
// f32's smallest normal number, and does not exceed the largest of bf16.
double RoundedToBf16(double x);

// f(x) for a layer's unit, its learned slope included. REQUIRES: not a row function.
double ReferenceOf(const model::Layer& layer, size_t unit, double x);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_REFERENCE_H_
