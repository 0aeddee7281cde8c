// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/reduce.h"

#include <algorithm>
#include <cmath>

#include "server/core/base/status.h"
#include "server/core/kernel/instruction_sets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/core/kernel/row/reduce.cc"
#include <hwy/foreach_target.h>  // must come before highway.h

// clang-format off
#include <hwy/highway.h>
#include "server/core/kernel/row/sums-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::row::HWY_NAMESPACE {

using Float = hn::ScalableTag<float>;
using FloatV = hn::Vec<Float>;

double Sum(const float* x, size_t n) {
  return SumInDouble(x, n, [](DoubleV v) { return v; });
}

double SumOfSquares(const float* x, size_t n) {
  return SumInDouble(x, n, [](DoubleV v) { return hn::Mul(v, v); });
}

double SumOfMagnitudes(const float* x, size_t n) {
  return SumInDouble(x, n, [](DoubleV v) { return hn::Abs(v); });
}

struct Smaller {
  template <class T>
  HWY_INLINE auto operator()(T a, T b) const {
    return hn::Lt(a, b);
  }
  HWY_INLINE bool operator()(float a, float b) const { return a < b; }
};

struct Larger {
  template <class T>
  HWY_INLINE auto operator()(T a, T b) const {
    return hn::Gt(a, b);
  }
  HWY_INLINE bool operator()(float a, float b) const { return a > b; }
};

// The first in the order of `before`; NaN when there is one. No comparison with NaN holds, so a NaN
// replaces `best` like any element that is not after it, and then stays by the test for it. Lanes
// are compared with each other at the end.
template <class Before>
float First(const float* x, size_t n) {
  const Before before;
  const Float d;
  const size_t lanes = hn::Lanes(d);
  const auto first = [&](float a, float b) { return std::isnan(a) || before(a, b) ? a : b; };
  size_t i = 0;
  float result = x[0];
  if (lanes > 1 && n >= lanes) {
    FloatV best = hn::LoadU(d, x);
    for (i = lanes; i + lanes <= n; i += lanes) {
      const FloatV v = hn::LoadU(d, x + i);
      best = hn::IfThenElse(hn::Or(hn::IsNaN(best), before(best, v)), best, v);
    }
    alignas(64) float by_lane[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(best, d, by_lane);
    result = by_lane[0];
    for (size_t lane = 1; lane < lanes; ++lane) result = first(result, by_lane[lane]);
  }
  for (; i < n; ++i) result = first(result, x[i]);
  return result;
}

// NaN is never better, and nothing is better than NaN: one counts only at the front.
template <class Better>
double Position(const float* x, size_t n, Better better) {
  size_t best = 0;
  for (size_t i = 1; i < n; ++i) {
    if (better(x[i], x[best])) best = i;
  }
  return static_cast<double>(best);
}

double Product(const float* x, size_t n) {
  double product = 1;
  for (size_t i = 0; i < n; ++i) product *= double{x[i]};
  return product;
}

// max + log(sum of exp(x - max)): no term overflows, and one of them is 1. An infinite maximum is
// the result, and would make the differences NaN.
double LogSumExp(const float* x, size_t n) {
  const double max = First<Larger>(x, n);
  if (std::isinf(max)) return max;
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += std::exp(double{x[i]} - max);
  return max + std::log(sum);
}

struct NamedReduction {
  std::string_view name;
  double (*of)(const float* x, size_t n);
};

constexpr NamedReduction kReductions[] = {
    {"sum", Sum},
    {"mean", [](const float* x, size_t n) { return Sum(x, n) / static_cast<double>(n); }},
    {"min", [](const float* x, size_t n) { return double{First<Smaller>(x, n)}; }},
    {"max", [](const float* x, size_t n) { return double{First<Larger>(x, n)}; }},
    {"prod", Product},
    {"l1", SumOfMagnitudes},
    {"l2", [](const float* x, size_t n) { return std::sqrt(SumOfSquares(x, n)); }},
    {"sum_square", SumOfSquares},
    {"log_sum", [](const float* x, size_t n) { return std::log(Sum(x, n)); }},
    {"log_sum_exp", LogSumExp},
    {"argmax", [](const float* x,
                  size_t n) { return Position(x, n, [](float a, float b) { return a > b; }); }},
    {"argmin", [](const float* x,
                  size_t n) { return Position(x, n, [](float a, float b) { return a < b; }); }},
    {"argmax_last",
     [](const float* x, size_t n) {
       return Position(x, n, [](float a, float b) { return a >= b; });
     }},
    {"argmin_last",
     [](const float* x, size_t n) {
       return Position(x, n, [](float a, float b) { return a <= b; });
     }},
};

double (*FindReduction(std::string_view name))(const float*, size_t) {
  const auto found = std::ranges::find(kReductions, name, &NamedReduction::name);
  return found == std::end(kReductions) ? nullptr : found->of;
}

}  // namespace hillock::kernel::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hillock::kernel::row {

HWY_EXPORT(FindReduction);

bool Reduce::Has(std::string_view reduction) {
  return HWY_DYNAMIC_DISPATCH(FindReduction)(reduction) != nullptr;
}

Reduce::Reduce(std::string_view reduction, size_t width, size_t outputs)
    : of_(HWY_DYNAMIC_DISPATCH(FindReduction)(reduction)), outputs_(outputs), n_(width / outputs) {
  HILLOCK_CHECK(of_ != nullptr);
}

void Reduce::Run(Sources sources, float* dst, size_t rows) const noexcept {
  const float* const src = sources[0];
  for (size_t g = 0; g < rows * outputs_; ++g) dst[g] = static_cast<float>(of_(src + g * n_, n_));
}

}  // namespace hillock::kernel::row
#endif  // HWY_ONCE
