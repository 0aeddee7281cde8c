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

// 2^n for integral n in [-252, 254], in two factors so that denormal and infinite results come out
// right when they are multiplied one after the other.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ScaleByPowerOf2(D d, V x, hn::Vec<hn::RebindToSigned<D>> n) {
  const hn::RebindToSigned<D> di;
  const auto half = hn::ShiftRight<1>(n);
  const auto bias = hn::Set(di, 127);
  const V low = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V high = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(n, half), bias)));
  return hn::Mul(hn::Mul(x, low), high);
}

// e^x for every float: gradual underflow, infinity above 88.72, NaN for NaN. Error under 1 ULP.
// Cody-Waite reduction x = n ln 2 + r, then a minimax polynomial for (e^r - 1 - r) / r^2 on
// |r| <= ln 2 / 2 (relative error of e^r below 2^-29).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V low = hn::Set(d, -104.0f);
  const V high = hn::Set(d, 89.0f);
  const V clamped = hn::IfThenElse(hn::Lt(x, low), low, hn::IfThenElse(hn::Gt(x, high), high, x));
  const V n = hn::Round(hn::Mul(clamped, hn::Set(d, 1.44269504f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), clamped);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  const V p =
      Polynomial(d, r, 0.5f, 0.16666666f, 0.04166628f, 0.008333504f, 0.0013945752f, 0.00019789266f);
  const V y = hn::Add(hn::MulAdd(hn::Mul(r, r), p, r), hn::Set(d, 1.0f));
  return ScaleByPowerOf2(d, y, hn::ConvertTo(di, n));
}

// e^x - 1 for x <= 0, exact to the last bits near 0: there the 1 is never added.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Expm1NonPositive(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V low = hn::Set(d, -20.0f);
  const V clamped = hn::IfThenElse(hn::Lt(x, low), low, x);
  const V n = hn::Round(hn::Mul(clamped, hn::Set(d, 1.44269504f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), clamped);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  const V p =
      Polynomial(d, r, 0.5f, 0.16666666f, 0.04166628f, 0.008333504f, 0.0013945752f, 0.00019789266f);
  const V m = hn::MulAdd(hn::Mul(r, r), p, r);
  const V scale =
      hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127))));
  return hn::MulAdd(m, scale, hn::Sub(scale, hn::Set(d, 1.0f)));
}

// 1 / (1 + e^-x), without overflow and with full relative precision in the left tail.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Logistic(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V e = Exp(d, hn::Neg(hn::Abs(x)));
  const V numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
  return hn::Div(numerator, hn::Add(one, e));
}

// P(X > t) for a standard normal X and t in [0, 14.6], with relative precision throughout:
// e^(-t^2/2) R(t). t^2 is split into a part exact in float and a remainder, since its rounding
// error would be magnified by the exponential. R(t) (1 + t sqrt 2) is a minimax polynomial in (t -
// 3) / (t + 3), the form of Shepherd and Laframboise, Math. Comp. 36 (1981).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V NormalUpperTail(D d, V t) {
  const hn::RebindToUnsigned<D> du;
  const V coarse = hn::BitCast(d, hn::And(hn::BitCast(du, t), hn::Set(du, 0xFFFFF000u)));
  const V remainder = hn::Mul(hn::Sub(t, coarse), hn::Add(t, coarse));
  const V b = hn::Mul(remainder, hn::Set(d, -0.5f));
  const V correction = Polynomial(d, b, 1.0f, 1.0f, 0.5f, 0.16666667f, 0.04166667f);
  const V power = Exp(d, hn::Mul(hn::Mul(coarse, coarse), hn::Set(d, -0.5f)));
  const V three = hn::Set(d, 3.0f);
  const V q = hn::Div(hn::Sub(t, three), hn::Add(t, three));
  const V r = Polynomial(d, q, 0.63705397f, -0.05101469f, -0.07428006f, 0.083013795f, -0.03468484f,
                         0.0004360738f, 0.0046640537f, -0.00035033235f, -0.00077787164f,
                         -1.7500499e-05f, 0.0001244213f, 3.2323544e-05f);
  const V scaled = hn::Div(r, hn::MulAdd(t, hn::Set(d, 1.41421356f), hn::Set(d, 1.0f)));
  return hn::Mul(power, hn::Mul(correction, scaled));
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
