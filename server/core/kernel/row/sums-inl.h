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

// The sum over x[0, n) by `add(sum, x)`, which leaves the sum as it is for lanes beyond n: they
// hold `beyond`. Two sums by turns, since one would wait for its own additions.
template <class Add>
HWY_INLINE double SumInDouble(const float* x, size_t n, double beyond, Add add) {
  const Double d;
  const Narrow narrow;
  const size_t lanes = hn::Lanes(d);
  DoubleV even = hn::Zero(d);
  DoubleV odd = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    even = add(even, hn::PromoteTo(d, hn::LoadU(narrow, x + i)));
    odd = add(odd, hn::PromoteTo(d, hn::LoadU(narrow, x + i + lanes)));
  }
  for (; i + lanes <= n; i += lanes) even = add(even, hn::PromoteTo(d, hn::LoadU(narrow, x + i)));
  if (i < n) {
    const DoubleV rest = hn::PromoteTo(d, table::LoadPart(narrow, x + i, n - i));
    odd = add(odd, hn::IfThenElse(hn::FirstN(d, n - i), rest, hn::Set(d, beyond)));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd)));
}

}  // namespace hillock::kernel::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
