// Vector functions that the activation table builds on. No include guard in the usual sense:
// Highway includes this file once for every instruction set.

#if defined(HILLOCK_SERVER_ACTIVATION_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HILLOCK_SERVER_ACTIVATION_MATH_INL_H_
#undef HILLOCK_SERVER_ACTIVATION_MATH_INL_H_
#else
#define HILLOCK_SERVER_ACTIVATION_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace hillock::activation::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The first `count` lanes from memory, the rest 0; reads and writes nothing beyond them. count is
// at least 1 and at most a vector's lanes.
template <class D>
HWY_INLINE hn::Vec<D> LoadPart(D d, const float* src, size_t count) {
  if (HWY_LIKELY(count == hn::Lanes(d))) return hn::LoadU(d, src);
  alignas(64) float lanes[HWY_MAX_BYTES / sizeof(float)] = {};
  for (size_t i = 0; i < count; ++i) lanes[i] = src[i];
  return hn::Load(d, lanes);
}
template <class D>
HWY_INLINE void StorePart(D d, hn::Vec<D> v, float* dst, size_t count) {
  if (HWY_LIKELY(count == hn::Lanes(d))) return hn::StoreU(v, d, dst);
  alignas(64) float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, d, lanes);
  for (size_t i = 0; i < count; ++i) dst[i] = lanes[i];
}

// Horner's rule, highest power first.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Polynomial(D d, V, float leading) {
  return hn::Set(d, leading);
}
template <class D, class V = hn::Vec<D>, class... Rest>
HWY_INLINE V Polynomial(D d, V x, float constant, Rest... higher) {
  return hn::MulAdd(Polynomial(d, x, higher...), x, hn::Set(d, constant));
}

// A product m 2^n whose power of two is still to come, so that what is multiplied in meanwhile
// keeps its precision where the whole would underflow. n is integral, in [-252, 254].
template <class D>
struct Scaled {
  hn::Vec<D> m;
  hn::Vec<hn::RebindToSigned<D>> n;
};

// The product, in two steps, so that denormal and infinite results come out right.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Value(D d, const Scaled<D>& x) {
  const hn::RebindToSigned<D> di;
  const auto half = hn::ShiftRight<1>(x.n);
  const auto bias = hn::Set(di, 127);
  const V low = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V high = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(x.n, half), bias)));
  return hn::Mul(hn::Mul(x.m, low), high);
}

// Beyond these e^x is 0 or infinite, even multiplied by anything that an activation multiplies it
// by.
inline constexpr float kExpLow = -170.0f;
inline constexpr float kExpHigh = 89.0f;

// m = e^r - 1 where x = n ln 2 + r and |r| <= ln 2 / 2, for x in [kExpLow, kExpHigh]; NaN gives
// NaN. Cody-Waite reduction, then a minimax polynomial for (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2
// (relative error of e^r below 2^-29).
template <class D, class V = hn::Vec<D>>
HWY_INLINE Scaled<D> ReducedExpm1(D d, V x) {
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  const V p =
      Polynomial(d, r, 0.5f, 0.16666666f, 0.04166628f, 0.008333504f, 0.0013945752f, 0.00019789266f);
  return {hn::MulAdd(hn::Mul(r, r), p, r), hn::ConvertTo(hn::RebindToSigned<D>(), n)};
}

// e^x for every x, clamped to [kExpLow, kExpHigh]; NaN for NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Scaled<D> ScaledExp(D d, V x) {
  const V low = hn::Set(d, kExpLow);
  const V high = hn::Set(d, kExpHigh);
  x = hn::IfThenElse(hn::Lt(x, low), low, hn::IfThenElse(hn::Gt(x, high), high, x));
  const Scaled<D> reduced = ReducedExpm1(d, x);
  return {hn::Add(reduced.m, hn::Set(d, 1.0f)), reduced.n};
}

// e^x for every float: gradual underflow, infinity above 88.72, NaN for NaN. Error under 1 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  return Value(d, ScaledExp(d, x));
}

// e^x - 1 for x <= 0, exact to the last bits near 0: there the 1 is never added.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Expm1NonPositive(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V low = hn::Set(d, -20.0f);
  const Scaled<D> reduced = ReducedExpm1(d, hn::IfThenElse(hn::Lt(x, low), low, x));
  const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(reduced.n, hn::Set(di, 127))));
  return hn::MulAdd(reduced.m, scale, hn::Sub(scale, hn::Set(d, 1.0f)));
}

// 1 / (1 + e^-x), without overflow and with full relative precision in the left tail.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Logistic(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V e = Exp(d, hn::Neg(hn::Abs(x)));
  const V numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
  return hn::Div(numerator, hn::Add(one, e));
}

// t P(X > t) for a standard normal X and t in [1, 14.7], with relative precision throughout:
// e^(-t^2/2) W(t). t^2 is split into a part exact in float and a remainder, since its rounding
// error would be magnified by the exponential. W is a minimax polynomial in (t - 1.5) / (t + 1.5),
// the form of Shepherd and Laframboise, Math. Comp. 36 (1981).
template <class D, class V = hn::Vec<D>>
HWY_INLINE Scaled<D> NormalTailMoment(D d, V t) {
  const hn::RebindToUnsigned<D> du;
  const V coarse = hn::BitCast(d, hn::And(hn::BitCast(du, t), hn::Set(du, 0xFFFFF000u)));
  const V remainder = hn::Mul(hn::Sub(t, coarse), hn::Add(t, coarse));
  const V b = hn::Mul(remainder, hn::Set(d, -0.5f));
  const V expm1_b = hn::Mul(b, Polynomial(d, b, 1.0f, 0.5f, 0.16666667f, 0.04166667f));
  const Scaled<D> power = ScaledExp(d, hn::Mul(hn::Mul(coarse, coarse), hn::Set(d, -0.5f)));
  const V pole = hn::Set(d, 1.5f);
  const V q = hn::Div(hn::Sub(t, pole), hn::Add(t, pole));
  const V w = Polynomial(d, q, 0.308671f, 0.21112125f, -0.12629762f, -0.01979831f, 0.01777523f,
                         0.010778481f, 0.00071113993f, -0.0020568117f, -0.0025844944f,
                         -0.0005115746f, 0.0011377234f);
  return {hn::Mul(hn::MulAdd(power.m, expm1_b, power.m), w), power.n};
}

// P(X <= x) for a standard normal X and |x| <= 1: 1/2 + x P(x^2), P a minimax polynomial (error
// below 2^-30). Near 0 this keeps the bits that 1 - P(X > x) would round away.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V NormalCentre(D d, V x) {
  const V s = hn::Mul(x, x);
  const V p = Polynomial(d, s, 0.3989423f, -0.06649036f, 0.009973331f, -0.001186353f,
                         0.00011351265f, -7.664678e-06f);
  return hn::MulAdd(x, p, hn::Set(d, 0.5f));
}

// The largest |x| that SinReduced takes: up to there the multiple of pi has 7 bits.
inline constexpr float kSinLimit = 398.0f;

// sin x for |x| <= kSinLimit. Cody-Waite reduction x = n pi + r, pi in three parts of 17 bits,
// whose products with n are exact, and a last one; then a minimax polynomial for (sin r / r - 1) /
// r^2 on |r| <= pi / 2 (relative error below 2^-25).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SinReduced(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 0.318309886f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0x1.921fp+1f), x);
  r = hn::NegMulAdd(n, hn::Set(d, 0x1.6a88p-16f), r);
  r = hn::NegMulAdd(n, hn::Set(d, 0x1.0b46p-33f), r);
  r = hn::NegMulAdd(n, hn::Set(d, 0x1.1a6264p-53f), r);
  const V s = hn::Mul(r, r);
  const V p = Polynomial(d, s, -0.16666667f, 0.008333331f, -0.00019840855f, 2.7524738e-06f,
                         -2.3877307e-08f);
  const V y = hn::MulAdd(hn::Mul(r, s), p, r);
  const V odd = hn::BitCast(d, hn::ShiftLeft<31>(hn::ConvertTo(di, n)));
  return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, hn::Xor(y, odd));
}

}  // namespace hillock::activation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
