// SPDX-License-Identifier: Apache-2.0

// Sums of floats in double, for every instruction set. Highway includes this file once for each,
// hence the unusual guard.

#if defined(HILLOCK_SERVER_KERNEL_ROW_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HILLOCK_SERVER_KERNEL_ROW_SUMS_INL_H_
#undef HILLOCK_SERVER_KERNEL_ROW_SUMS_INL_H_
#else
#define HILLOCK_SERVER_KERNEL_ROW_SUMS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "server/core/activation/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::row::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace table = hillock::activation::HWY_NAMESPACE;

using Double = hn::ScalableTag<double>;
using DoubleV = hn::Vec<Double>;

// As many floats as there are doubles in a vector.
using Narrow = hn::Rebind<float, Double>;

// Adds x[0, n) to two sums by turns, since one would wait for its own additions: `add(sum, x)` with
// a vector of x. Lanes beyond n hold `beyond`, which must leave the sum as it is.
template <class S, class Add>
HWY_INLINE void AddByTurns(const float* x, size_t n, double beyond, S& even, S& odd, Add add) {
  const Double d;
  const Narrow narrow;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    add(even, hn::PromoteTo(d, hn::LoadU(narrow, x + i)));
    add(odd, hn::PromoteTo(d, hn::LoadU(narrow, x + i + lanes)));
  }
  for (; i + lanes <= n; i += lanes) add(even, hn::PromoteTo(d, hn::LoadU(narrow, x + i)));
  if (i == n) return;
  const DoubleV rest = hn::PromoteTo(d, table::LoadPart(narrow, x + i, n - i));
  add(odd, hn::IfThenElse(hn::FirstN(d, n - i), rest, hn::Set(d, beyond)));
}

HWY_INLINE double TotalOf(DoubleV even, DoubleV odd) {
  return hn::GetLane(hn::SumOfLanes(Double(), hn::Add(even, odd)));
}

// The sum of term(x) over x[0, n). REQUIRES: term(0) is 0.
template <class Term>
HWY_INLINE double SumInDouble(const float* x, size_t n, Term term) {
  DoubleV even = hn::Zero(Double());
  DoubleV odd = even;
  AddByTurns(x, n, 0, even, odd, [&](DoubleV& s, DoubleV v) { s = hn::Add(s, term(v)); });
  return TotalOf(even, odd);
}

}  // namespace hillock::kernel::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
