// SPDX-License-Identifier: Apache-2.0

// Vector sine, cosine and arc tangent. No include guard in the usual sense: Highway includes
// this file once for every instruction set.

#if defined(HILLOCK_SERVER_ACTIVATION_TRIGONOMETRY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HILLOCK_SERVER_ACTIVATION_TRIGONOMETRY_INL_H_
#undef HILLOCK_SERVER_ACTIVATION_TRIGONOMETRY_INL_H_
#else
#define HILLOCK_SERVER_ACTIVATION_TRIGONOMETRY_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "server/core/activation/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hillock::activation::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// sin r for |r| <= pi / 2, with the sign of (-1)^n: a minimax polynomial for (sin r / r - 1) / r^2
// (relative error below 2^-25).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AlternatingSin(D d, V r, hn::Vec<hn::RebindToSigned<D>> n) {
  const V s = hn::Mul(r, r);
  const V p = Polynomial(d, s, -0.16666667f, 0.008333331f, -0.00019840855f, 2.7524738e-06f,
                         -2.3877307e-08f);
  return hn::Xor(hn::MulAdd(hn::Mul(r, s), p, r), hn::BitCast(d, hn::ShiftLeft<31>(n)));
}

// x - n pi / 2 for an integer n of at most 7 significant bits: pi / 2 in three parts of 17 bits,
// whose products with n are exact, and a last one (Cody and Waite).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V MinusQuarterTurns(D d, V x, V n) {
  V r = hn::NegMulAdd(n, hn::Set(d, 0x1.921fp+0f), x);
  r = hn::NegMulAdd(n, hn::Set(d, 0x1.6a88p-17f), r);
  r = hn::NegMulAdd(n, hn::Set(d, 0x1.0b46p-34f), r);
  return hn::NegMulAdd(n, hn::Set(d, 0x1.1a6264p-54f), r);
}

// The largest |x| that SinReduced takes: half the multiple of pi / 2 has 7 bits.
inline constexpr float kSinLimit = 398.0f;

// sin x for |x| <= kSinLimit.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SinReduced(D d, V x) {
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 0.318309886f)));
  const V r = MinusQuarterTurns(d, x, hn::Add(n, n));
  const V y = AlternatingSin(d, r, hn::ConvertTo(hn::RebindToSigned<D>(), n));
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, y);
}

// The same of a sum: its small part is added where what is left of the other is small.
template <class D>
HWY_INLINE hn::Vec<D> SinReduced(D d, const Pair<D>& x) {
  const auto n = hn::Round(hn::Mul(x.high, hn::Set(d, 0.318309886f)));
  const auto r = hn::Add(MinusQuarterTurns(d, x.high, hn::Add(n, n)), x.low);
  const auto y = AlternatingSin(d, r, hn::ConvertTo(hn::RebindToSigned<D>(), n));
  return hn::IfThenElse(hn::Eq(x.high, hn::Zero(d)), x.high, y);
}

// The largest |x| that CosReduced takes: the odd multiple of pi / 2 has 7 bits.
inline constexpr float kCosLimit = 199.0f;

// cos x for |x| <= kCosLimit: sin of the distance from the nearest odd multiple of pi / 2, which
// keeps its relative precision at the zeros of the cosine.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V CosReduced(D d, V x) {
  const V half = hn::Set(d, 0.5f);
  const V n = hn::Round(hn::MulSub(x, hn::Set(d, 0.318309886f), half));
  const V r = MinusQuarterTurns(d, x, hn::Add(hn::Add(n, n), hn::Set(d, 1.0f)));
  const hn::RebindToSigned<D> di;
  return AlternatingSin(d, r, hn::Add(hn::ConvertTo(di, n), hn::Set(di, 1)));
}

// sin^2 x for |x.high| <= kCosLimit: the square of `sine`, or 1 minus it where `is_rest`. So it is
// exact to the last bits near 0 and near 1.
template <class D>
struct SinSquare {
  hn::Vec<D> sine;
  hn::Mask<D> is_rest;
};
template <class D>
HWY_INLINE SinSquare<D> SinSquareReduced(D d, const Pair<D>& x) {
  const hn::RebindToSigned<D> di;
  const auto n = hn::Round(hn::Mul(x.high, hn::Set(d, 0.636619772f)));
  const auto r = hn::Add(MinusQuarterTurns(d, x.high, n), x.low);
  const auto odd = hn::And(hn::ConvertTo(di, n), hn::Set(di, 1));
  return {AlternatingSin(d, r, hn::Zero(di)), hn::RebindMask(d, hn::Eq(odd, hn::Set(di, 1)))};
}

// y, but f(x) computed one by one for the lanes whose t is beyond +-limit, which no trained network
// reaches. f maps a double to a double.
template <class D, class V = hn::Vec<D>, class F>
HWY_INLINE V FarLanes(D d, V x, V t, V y, float limit, const F& f) {
  const auto inside = hn::Le(hn::Abs(t), hn::Set(d, limit));
  if (HWY_LIKELY(hn::AllTrue(d, inside))) return y;
  alignas(64) float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(x, d, lanes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) {
    lanes[i] = static_cast<float>(f(static_cast<double>(lanes[i])));
  }
  return hn::IfThenElse(inside, y, hn::Load(d, lanes));
}

// atan x: the odd minimax polynomial for |x| <= 1 (relative error below 2^-28), of 1 / x and taken
// from pi / 2 beyond.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Atan(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V size = hn::Abs(x);
  const auto beyond = hn::Gt(size, one);
  const V t = hn::IfThenElse(beyond, hn::Div(one, size), size);
  const V s = hn::Mul(t, t);
  const V p = Polynomial(d, s, -0.333333f, 0.19998536f, -0.14264125f, 0.10951638f, -0.084019855f,
                         0.05793425f, -0.031155936f, 0.010903426f, -0.0017912291f);
  const V y = hn::MulAdd(hn::Mul(t, s), p, t);
  // pi / 2 is the two constants' difference.
  const V rest = hn::Sub(hn::Set(d, 1.57079637f), hn::Add(y, hn::Set(d, 4.37113883e-8f)));
  return hn::CopySign(hn::IfThenElse(beyond, rest, y), x);
}

}  // namespace hillock::activation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
