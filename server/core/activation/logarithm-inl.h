// SPDX-License-Identifier: Apache-2.0

// Vector logarithms. No include guard in the usual sense: Highway includes
// this file once for every instruction set.

#if defined(HILLOCK_SERVER_ACTIVATION_LOGARITHM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HILLOCK_SERVER_ACTIVATION_LOGARITHM_INL_H_
#undef HILLOCK_SERVER_ACTIVATION_LOGARITHM_INL_H_
#else
#define HILLOCK_SERVER_ACTIVATION_LOGARITHM_INL_H_
#endif

#include <hwy/highway.h>

#include "server/core/activation/activation.h"
#include "server/core/activation/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hillock::activation::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// m 2^n for a positive normal x, m in [sqrt(1/2), sqrt 2).
template <class D, class V = hn::Vec<D>>
HWY_INLINE Scaled<D> SplitExponent(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto one = hn::Set(di, 0x3f800000);
  const auto lowest = hn::Set(di, 0x3f3504f3);  // the bits of sqrt(1/2)
  const auto bits = hn::Add(hn::BitCast(di, x), hn::Sub(one, lowest));
  const auto exponent = hn::Sub(hn::ShiftRight<23>(bits), hn::Set(di, 127));
  const auto m = hn::Add(hn::And(bits, hn::Set(di, 0x7fffff)), lowest);
  return {hn::BitCast(d, m), hn::ConvertTo(d, exponent)};
}

// log((1 + f) 2^n) for 1 + f in [sqrt(1/2), sqrt 2) and an integral n: n ln 2 + f + f^2 P(f), ln 2
// in two parts and P a minimax polynomial (relative error below 2^-27). n = 0 keeps the relative
// precision near 1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogOfScaled(D d, V f, V n) {
  const V p = Polynomial(d, f, -0.49999988f, 0.33333325f, -0.250016f, 0.20002f, -0.16608763f,
                         0.14181221f, -0.1324469f, 0.1290848f, -0.076228276f);
  const V low = hn::MulAdd(n, hn::Set(d, -2.12194440e-4f), hn::Mul(hn::Mul(f, f), p));
  return hn::MulAdd(n, hn::Set(d, 0.693359375f), hn::Add(f, low));
}

// y, but what IEEE 754 wants of a logarithm of u where u is 0, negative, infinite or NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogLimits(D d, V u, V y) {
  const V zero = hn::Zero(d);
  const V infinity = hn::Set(d, kInfinity);
  y = hn::IfThenElse(hn::Lt(u, infinity), y, u);
  y = hn::IfThenElse(hn::Eq(u, zero), hn::Neg(infinity), y);
  return hn::IfThenElse(hn::Lt(u, zero), hn::NaN(d), y);
}

// log x. Denormals are multiplied by 2^25 first.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Log(D d, V x) {
  const auto denormal = hn::Lt(x, hn::Set(d, 0x1p-126f));
  const V normal = hn::IfThenElse(denormal, hn::Mul(x, hn::Set(d, 0x1p25f)), x);
  const Scaled<D> split = SplitExponent(d, normal);
  const V n = hn::Sub(split.n, hn::IfThenElseZero(denormal, hn::Set(d, 25.0f)));
  return LogLimits(d, x, LogOfScaled(d, hn::Sub(split.m, hn::Set(d, 1.0f)), n));
}

// log(1 + x): what rounding takes from the sum goes into f, which is x itself near 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogOnePlus(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const Pair<D> sum = ExactSum(d, x, one);
  const Scaled<D> split = SplitExponent(d, sum.high);
  const V low = Value(d, Scaled<D>{sum.low, hn::Neg(split.n)});
  const V y = LogOfScaled(d, hn::Add(hn::Sub(split.m, one), low), split.n);
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, LogLimits(d, sum.high, y));
}

}  // namespace hillock::activation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
