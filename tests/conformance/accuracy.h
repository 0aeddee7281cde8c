// SPDX-License-Identifier: Apache-2.0

// How exact kernels are: both backends over the float line, or over rows, against the reference.

#ifndef HILLOCK_TESTS_CONFORMANCE_ACCURACY_H_
#define HILLOCK_TESTS_CONFORMANCE_ACCURACY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "server/core/activation/activation.h"
#include "tests/conformance/isa.h"
#include "tests/conformance/worst.h"

namespace hillock::testing {

// Computes y = f(x) over one row of any length, with default parameters.
using Kernel = std::function<void(std::span<const float> x, std::span<float> y)>;

Kernel FallbackKernel(const activation::Spec& spec, const Isa& isa);

// None where this version of oneDNN has no algorithm for it.
std::optional<Kernel> OneDnnKernel(const activation::Spec& spec);

// Every this many-th bit pattern of the float line is visited: odd, so that the low bits vary. The
// usual one makes 2^24 patterns; the environment's HILLOCK_FLOAT_STRIDE is another one, 1 for all.
constexpr uint64_t kUsualStride = 255;
uint64_t Stride();

// Told of a row of arguments and the exact answers.
using RowVisitor = std::function<void(std::span<const float> x, std::span<const double> want)>;

// For an activation that maps numbers: all finite floats, each Stride()-th, in rows.
void WalkFloatLine(const activation::Spec& spec, const RowVisitor& visit);

// For a row function: rows of 1 to 70 columns of numbers up to `range`, always the same.
void WalkRows(const activation::Spec& spec, float range, const RowVisitor& visit);

// WalkFloatLine, or WalkRows over ranges from 1 to 1e38, as the activation's scope asks for.
void Walk(const activation::Spec& spec, const RowVisitor& visit);

// The largest magnitude among the arguments that element `i` of f(row) depends on.
float Reach(const activation::Spec& spec, std::span<const float> row, size_t i);

// The worst of each kernel over Walk().
std::vector<Accuracy> MeasureAccuracy(const activation::Spec& spec,
                                      std::span<const Kernel> kernels);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_CONFORMANCE_ACCURACY_H_
