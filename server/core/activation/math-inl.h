// SPDX-License-Identifier: Apache-2.0

// Vector functions that the activation table builds on. No include guard in the usual sense:
// Highway includes this file once for every instruction set.

#if defined(HILLOCK_SERVER_ACTIVATION_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HILLOCK_SERVER_ACTIVATION_MATH_INL_H_
#undef HILLOCK_SERVER_ACTIVATION_MATH_INL_H_
#else
#define HILLOCK_SERVER_ACTIVATION_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace hillock::activation::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// The first `count` lanes from memory, the rest 0; reads and writes nothing beyond them. count is
// at least 1 and at most a vector's lanes.
template <class D>
HWY_INLINE hn::Vec<D> LoadPart(D d, const float* src, size_t count) {
  if (HWY_LIKELY(count == hn::Lanes(d))) return hn::LoadU(d, src);
#if HWY_MEM_OPS_MIGHT_FAULT
  alignas(64) float lanes[HWY_MAX_BYTES / sizeof(float)] = {};
  for (size_t i = 0; i < count; ++i) lanes[i] = src[i];
  return hn::Load(d, lanes);
#else
  return hn::MaskedLoad(hn::FirstN(d, count), d, src);
#endif
}
template <class D>
HWY_INLINE void StorePart(D d, hn::Vec<D> v, float* dst, size_t count) {
  if (HWY_LIKELY(count == hn::Lanes(d))) return hn::StoreU(v, d, dst);
#if HWY_MEM_OPS_MIGHT_FAULT
  alignas(64) float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, d, lanes);
  for (size_t i = 0; i < count; ++i) dst[i] = lanes[i];
#else
  hn::BlendedStore(v, hn::FirstN(d, count), d, dst);
#endif
}

// The larger of x and `low`, the smaller of x and `high`; NaN where x is NaN. Minimum and maximum
// instructions pass on their second operand then, or NaN whichever it is; but those that Highway
// takes on Arm pass on the number.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AtLeast(D d, float low, V x) {
#if HWY_TARGET == HWY_SCALAR || HWY_ARCH_ARM
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, low)), hn::Set(d, low), x);
#else
  return hn::Max(hn::Set(d, low), x);
#endif
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V AtMost(D d, float high, V x) {
#if HWY_TARGET == HWY_SCALAR || HWY_ARCH_ARM
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, high)), hn::Set(d, high), x);
#else
  return hn::Min(hn::Set(d, high), x);
#endif
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Clamp(D d, V x, float low, float high) {
  return AtMost(d, high, AtLeast(d, low, x));
}

// A sum of two floats, the second of which is what rounding took from the first.
template <class D>
struct Pair {
  hn::Vec<D> high;
  hn::Vec<D> low;
};

// a + b without error (Knuth, The Art of Computer Programming, volume 2, 4.2.2, theorem B). Finite
// arguments and sum only.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Pair<D> ExactSum(D, V a, V b) {
  const V sum = hn::Add(a, b);
  const V part = hn::Sub(sum, a);
  return {sum, hn::Add(hn::Sub(a, hn::Sub(sum, part)), hn::Sub(b, part))};
}

// sum + x, the error of every addition kept.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Pair<D> Plus(D d, const Pair<D>& sum, V x) {
  const Pair<D> next = ExactSum(d, sum.high, x);
  return {next.high, hn::Add(sum.low, next.low)};
}

// a b without error (Dekker, Numer. Math. 18 (1971), where there is no fused multiply-add). Finite
// arguments and product only.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Pair<D> ExactProduct([[maybe_unused]] D d, V a, V b) {
  const V product = hn::Mul(a, b);
#if HWY_NATIVE_FMA
  return {product, hn::MulSub(a, b, product)};
#else
  const hn::RebindToUnsigned<D> du;
  const auto upper = hn::Set(du, 0xFFFFF000u);
  const V a_high = hn::BitCast(d, hn::And(hn::BitCast(du, a), upper));
  const V b_high = hn::BitCast(d, hn::And(hn::BitCast(du, b), upper));
  const V a_low = hn::Sub(a, a_high);
  const V b_low = hn::Sub(b, b_high);
  V low = hn::Sub(hn::Mul(a_high, b_high), product);
  low = hn::Add(hn::Add(low, hn::Mul(a_high, b_low)), hn::Mul(a_low, b_high));
  return {product, hn::Add(low, hn::Mul(a_low, b_low))};
#endif
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

// a b + c, rounded once where there is a fused multiply-add and within 1 ULP elsewhere, also where
// the two nearly cancel. Finite arguments and product only.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V MulAddOnce([[maybe_unused]] D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  return hn::MulAdd(a, b, c);
#else
  const Pair<D> product = ExactProduct(d, a, b);
  const Pair<D> sum = ExactSum(d, product.high, c);
  const V correction = hn::Add(sum.low, product.low);
  const auto exact = hn::Eq(correction, hn::Zero(d));  // adding 0 would turn -0 into 0
  return hn::IfThenElse(exact, sum.high, hn::Add(sum.high, correction));
#endif
}

// A product m 2^n whose power of two is still to come, so that what is multiplied in meanwhile
// keeps its precision where the whole would underflow. n is integral, in [-252, 254].
template <class D>
struct Scaled {
  hn::Vec<D> m;
  hn::Vec<D> n;
};

// The product, rounded once where it is denormal.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Value([[maybe_unused]] D d, const Scaled<D>& x) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  return V{_mm512_scalef_ps(x.m.raw, x.n.raw)};
#else
  const hn::RebindToSigned<D> di;
  const auto n = hn::ConvertTo(di, x.n);
  const auto half = hn::ShiftRight<1>(n);
  const auto bias = hn::Set(di, 127);
  const V low = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V high = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(n, half), bias)));
  return hn::Mul(hn::Mul(x.m, low), high);
#endif
}

// Beyond these e^x is 0 or infinite, even multiplied by anything that an activation multiplies it
// by.
inline constexpr float kExpLow = -170.0f;
inline constexpr float kExpHigh = 89.0f;

// n and r of x = n ln 2 + r, |r| <= ln 2 / 2 (Cody and Waite).
template <class D>
struct Reduced {
  hn::Vec<D> r;
  hn::Vec<D> n;
};
template <class D, class V = hn::Vec<D>>
HWY_INLINE Reduced<D> ReduceByLn2(D d, V x) {
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
  const V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  return {hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r), n};
}

// e^r - 1 for |r| <= ln 2 / 2: r + r^2 P(r), P a minimax polynomial (relative error of e^r below
// 2^-28).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ReducedExpm1(D d, V r) {
  const V p = Polynomial(d, r, 0.49999994f, 0.16666521f, 0.041668393f, 0.008368745f, 0.0013814535f);
  return hn::MulAdd(hn::Mul(r, r), p, r);
}

// e^x for x in [kExpLow, kExpHigh]; NaN for NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Scaled<D> ScaledExp(D d, V x) {
  const Reduced<D> reduced = ReduceByLn2(d, x);
  return {hn::Add(ReducedExpm1(d, reduced.r), hn::Set(d, 1.0f)), reduced.n};
}

// The same of a sum, without the error that rounding it to one float would make.
template <class D>
HWY_INLINE Scaled<D> ScaledExp(D d, const Pair<D>& x) {
  const Reduced<D> reduced = ReduceByLn2(d, x.high);
  const auto m = ReducedExpm1(d, hn::Add(reduced.r, x.low));
  return {hn::Add(m, hn::Set(d, 1.0f)), reduced.n};
}

// e^x for x <= 0: gradual underflow, NaN for NaN. Error under 1 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpNonPositive(D d, V x) {
  return Value(d, ScaledExp(d, AtLeast(d, kExpLow, x)));
}

// e^x; infinite above the largest float, gradual underflow, NaN for NaN. Error under 1 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  return Value(d, ScaledExp(d, Clamp(d, x, kExpLow, kExpHigh)));
}

// e^x - 1 for x <= 0, exact to the last bits near 0: there the 1 is never added.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Expm1NonPositive(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const Reduced<D> reduced = ReduceByLn2(d, AtLeast(d, -20.0f, x));
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  const V scale = Value(d, Scaled<D>{one, reduced.n});
#else
  const hn::RebindToSigned<D> di;
  const auto n = hn::ConvertTo(di, reduced.n);
  const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(n, hn::Set(di, 127))));
#endif
  return hn::MulAdd(ReducedExpm1(d, reduced.r), scale, hn::Sub(scale, one));
}

// erf x: an odd minimax polynomial for |x| < 1 (relative error below 2^-29), and beyond 1 - e^-g, g
// a minimax polynomial for -log(1 - erf |x|) (absolute error of the answer below 2^-29). From 4 on
// the answer is 1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Erf(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  const V size = hn::Abs(x);
  const V p = Polynomial(d, hn::Mul(x, x), 0.12837917f, -0.37612626f, 0.11283583f, -0.026853692f,
                         0.005188074f, -0.0008007878f, 7.846108e-05f);
  const V t = AtMost(d, 4.0f, size);
  const V g = Polynomial(d, t, 0.00035408369f, 1.1270385f, 0.6382284f, 0.10303483f, -0.02180403f,
                         0.0029392648f, -0.00018553708f);
  const V far = hn::CopySign(hn::Sub(one, ExpNonPositive(d, hn::Neg(g))), x);
  return hn::IfThenElse(hn::Lt(size, one), hn::MulAdd(x, p, x), far);
}

// Beyond this 1 + e^-x rounds to 1.
inline constexpr float kLogisticOne = 30.0f;

// 1 / (1 + e^-x) as e^x / (1 + e^x): no overflow, and full relative precision in the left tail.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Logistic(D d, V x) {
  const Scaled<D> e = ScaledExp(d, Clamp(d, x, kExpLow, kLogisticOne));
  const V share = hn::Div(e.m, hn::Add(hn::Set(d, 1.0f), Value(d, e)));
  return Value(d, Scaled<D>{share, e.n});
}

// log(1 + u) for u in [0, 1]: u + u^2 P(u), P a minimax polynomial (relative error below 2^-27).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Log1p(D d, V u) {
  const V p = Polynomial(d, u, -0.49999988f, 0.3333269f, -0.24988578f, 0.19897924f, -0.16129307f,
                         0.12467059f, -0.08307318f, 0.0419806f, -0.013631123f, 0.002072876f);
  return hn::MulAdd(hn::Mul(u, u), p, u);
}

// log(1 + e^x), without overflow and with full relative precision in the left tail.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogOnePlusExp(D d, V x) {
  const V e = ExpNonPositive(d, hn::Neg(hn::Abs(x)));
  return hn::Add(hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), x), Log1p(d, e));
}

// x g(t) for a g that rises from 0 to 1 as the logistic function does: x where t is so large that
// 1 - g is nothing, -0 where t is so small that the product is, and else `product`.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V WithLimits(D d, V x, V t, const Scaled<D>& product) {
  const auto right = hn::Gt(t, hn::Set(d, kLogisticOne));
  const V y = hn::IfThenElse(right, x, Value(d, product));
  return hn::IfThenElse(hn::Lt(t, hn::Set(d, kExpLow)), hn::Set(d, -0.0f), y);
}

// x / (1 + e^-t), the product never rounded before it underflows.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V TimesLogistic(D d, V x, const Pair<D>& t) {
  const V within = Clamp(d, t.high, kExpLow, kLogisticOne);
  const Scaled<D> e = ScaledExp(d, Pair<D>{within, t.low});
  const V share = hn::Div(e.m, hn::Add(hn::Set(d, 1.0f), Value(d, e)));
  return WithLimits(d, x, t.high, Scaled<D>{hn::Mul(x, share), e.n});
}

// t P(X > t) for a standard normal X and t in [0, 14.7], with relative precision throughout:
// t e^(-t^2/2) W(t), t^2 without error, since the exponential would magnify it. (t + 1.5) W(t) is a
// minimax polynomial in 2s - 1 for s = t / (t + 1.5) (relative error below 2^-26), after Shepherd
// and Laframboise, Math. Comp. 36 (1981).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V NormalTailMoment(D d, V t) {
  const Scaled<D> power = ScaledExp(d, ExactProduct(d, t, hn::Mul(t, hn::Set(d, -0.5f))));
  const V s = hn::Div(t, hn::Add(t, hn::Set(d, 1.5f)));
  const V q = hn::Sub(hn::Add(s, s), hn::Set(d, 1.0f));
  const V w = Polynomial(d, q, 0.617342f, -0.1950995f, -0.057495434f, 0.017896818f, 0.017640607f,
                         0.003987126f, -0.0024359447f, -0.002709362f, -0.0010381674f,
                         0.00025075753f, 0.00046328656f, 0.00015049914f);
  return Value(d, Scaled<D>{hn::Mul(hn::Mul(s, w), power.m), power.n});
}

// The largest of n >= 1 floats; any float where one is NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE float RowMaximum(D d, const float* src, size_t n) {
  const V lowest = hn::Set(d, src[0]);
  const size_t lanes = hn::Lanes(d);
  V highest = lowest;
  for (size_t i = 0; i < n; i += lanes) {
    const size_t count = std::min(lanes, n - i);
    const V x = LoadPart(d, src + i, count);
    highest = hn::Max(highest, hn::IfThenElse(hn::FirstN(d, count), x, lowest));
  }
  return hn::GetLane(hn::MaxOfLanes(d, highest));
}

// The sum of all lanes of both parts. Taken in double and in an order of its own: Highway's
// versions add lanes in different ones.
template <class D>
HWY_INLINE double Total(D d, Pair<D> sums) {
  constexpr size_t kLanes = hn::MaxLanes(d);
  alignas(64) float high[kLanes];
  alignas(64) float low[kLanes];
  hn::Store(sums.high, d, high);
  hn::Store(sums.low, d, low);
  double totals[kLanes];
  for (size_t i = 0; i < kLanes; ++i) totals[i] = double{high[i]} + double{low[i]};
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) totals[i] += totals[i + half];
  }
  return totals[0];
}

// e^(x - y) for x <= y, the difference taken without error; NaN where it is NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpOfDifference(D d, V x, V y) {
  const Pair<D> difference = ExactSum(d, x, hn::Neg(y));
  const V within = AtLeast(d, kExpLow, difference.high);
  const V e = Value(d, ScaledExp(d, Pair<D>{within, difference.low}));
  return hn::IfThenElse(hn::Lt(difference.high, within), hn::Zero(d), e);
}

}  // namespace hillock::activation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
