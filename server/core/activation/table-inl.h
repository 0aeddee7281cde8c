// SPDX-License-Identifier: Apache-2.0

// THE table: one struct an activation, and the list of all at the end. Adding an activation is
// adding a struct and its name to that list.
//
// Each struct holds
//   kSpec       what the rest of the project reads (activation.h says what each field means)
//   Apply       the fallback kernel over vectors; p[i] holds parameter i in every lane, or for a
//               per-unit activation the lanes' own. Row functions have ApplyRow(d, src, dst, n)
//   Reference   the function in double precision, independent of Apply, limits at infinity
//               included; row functions have ReferenceRow
//   Derivative  its derivative in double precision; at a kink the right-hand one
//
// Highway includes this file once for every instruction set, hence the unusual guard.

#if defined(HILLOCK_SERVER_ACTIVATION_TABLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HILLOCK_SERVER_ACTIVATION_TABLE_INL_H_
#undef HILLOCK_SERVER_ACTIVATION_TABLE_INL_H_
#else
#define HILLOCK_SERVER_ACTIVATION_TABLE_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <span>

#include "server/core/activation/activation.h"
#include "server/core/activation/logarithm-inl.h"
#include "server/core/activation/math-inl.h"
#include "server/core/activation/trigonometry-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hillock::activation::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline float First(const Params& p) { return p[0]; }
inline float Second(const Params& p) { return p[1]; }
inline float One(const Params&) { return 1.0f; }
inline float MinusOne(const Params&) { return -1.0f; }
inline float Half(const Params&) { return 0.5f; }
inline float Sixth(const Params&) { return 1.0f / 6.0f; }
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Identity {
  static constexpr Spec kSpec{.name = kIdentity,
                              .formula = "x",
                              .onednn = {"eltwise_linear", One},
                              .onnx = {"Identity", 1},
                              .tolerance = {.ulp = 0}};
  template <class D, class V>
  static HWY_INLINE V Apply(D, V x, const V*) {
    return x;
  }
  static double Reference(double x, const Params&) { return x; }
  static double Derivative(double, const Params&) { return 1; }
};

// The Heaviside perceptron. Its derivative is 0 wherever it has one: nothing can be learned through
// it.
struct Step {
  static constexpr Spec kSpec{
      .name = "step",
      .formula = "1 if x >= 0, else 0",
      .onnx_decomposed = {{{"above", "GreaterOrEqual", {"x", "zero"}}, {"y", "Cast", {"above"}}}},
      .saturation = {0, 0},
      .tolerance = {.ulp = 0}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V zero = hn::Zero(d);
    const V y = hn::IfThenElse(hn::Ge(x, zero), hn::Set(d, 1.0f), zero);
    return hn::IfThenElse(hn::IsNaN(x), x, y);
  }
  static double Reference(double x, const Params&) { return std::isnan(x) ? x : x >= 0 ? 1 : 0; }
  static double Derivative(double, const Params&) { return 0; }
};

struct Sigmoid {
  static constexpr Spec kSpec{.name = "sigmoid",
                              .formula = "1 / (1 + e^-x)",
                              .onednn = {"eltwise_logistic"},
                              .onnx = {"Sigmoid", 1},
                              .saturation = {-6.9058f, 6.9058f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return Logistic(d, x);
  }
  static double Reference(double x, const Params&) { return 1 / (1 + std::exp(-x)); }
  static double Derivative(double x, const Params&) {
    const double e = std::exp(-std::abs(x));
    return e / ((1 + e) * (1 + e));
  }
};

struct Tanh {
  static constexpr Spec kSpec{.name = "tanh",
                              .formula = "tanh x",
                              .onednn = {"eltwise_tanh"},
                              .onnx = {"Tanh", 1},
                              .saturation = {-4.1468f, 4.1468f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V m = Expm1NonPositive(d, hn::Mul(hn::Abs(x), hn::Set(d, -2.0f)));
    return hn::CopySign(hn::Div(m, hn::Add(m, hn::Set(d, 2.0f))), x);
  }
  static double Reference(double x, const Params&) { return std::tanh(x); }
  static double Derivative(double x, const Params&) {
    const double c = std::cosh(x);
    return 1 / (c * c);
  }
};

struct Relu {
  static constexpr Spec kSpec{.name = "relu",
                              .formula = "max(x, 0)",
                              .onednn = {"eltwise_relu"},
                              .onnx = {"Relu", 1},
                              .saturation = {.below = 0},
                              .tolerance = {.ulp = 0}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return hn::IfThenElseZero(hn::Not(hn::Le(x, hn::Zero(d))), x);
  }
  static double Reference(double x, const Params&) { return x <= 0 ? 0 : x; }
  static double Derivative(double x, const Params&) { return x >= 0 ? 1 : 0; }
};

struct LeakyRelu {
  static constexpr Spec kSpec{.name = "leaky_relu",
                              .formula = "x if x > 0, else alpha x",
                              .params = {{{"alpha", 0.01f, -100.0f, 100.0f}}},
                              .onednn = {"eltwise_relu", First},
                              .onnx = {"LeakyRelu", 1},
                              .tolerance = {.ulp = 1}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(x, p[0]));
  }
  static double Reference(double x, const Params& p) { return x > 0 ? x : double{p[0]} * x; }
  static double Derivative(double x, const Params& p) { return x >= 0 ? 1 : double{p[0]}; }
};

// LeakyRelu's functions, with every unit's own slope as the parameter.
struct Prelu : LeakyRelu {
  static constexpr Spec kSpec{.name = "prelu",
                              .formula = "x if x > 0, else slope x, a learned slope per unit",
                              .params = {{{"slope", 0.25f, -1e6f, 1e6f}}},
                              .scope = Scope::kPerUnit,
                              .onednn = {"prelu"},
                              .onnx = {"PRelu", 1},
                              .tolerance = {.ulp = 1}};
};

// Clevert, Unterthiner, Hochreiter, 2015, arXiv:1511.07289.
struct Elu {
  static constexpr Spec kSpec{.name = "elu",
                              .formula = "x if x > 0, else alpha (e^x - 1)",
                              .params = {{{"alpha", 1.0f, -100.0f, 100.0f}}},
                              .onednn = {"eltwise_elu", First},
                              .onnx = {"Elu", 1},
                              .saturation = {.below = -6.9078f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(p[0], Expm1NonPositive(d, x)), x);
  }
  static double Reference(double x, const Params& p) {
    return x < 0 ? double{p[0]} * std::expm1(x) : x;
  }
  static double Derivative(double x, const Params& p) {
    return x >= 0 ? 1 : double{p[0]} * std::exp(x);
  }
};

// Klambauer, Unterthiner, Mayr, Hochreiter, 2017, arXiv:1706.02515; the constants are ONNX Selu's.
struct Selu {
  static constexpr Spec kSpec{.name = "selu",
                              .formula = "gamma x if x > 0, else gamma alpha (e^x - 1)",
                              .params = {{{"alpha", 1.67326319217681884765625f, -100.0f, 100.0f},
                                          {"gamma", 1.05070102214813232421875f, -100.0f, 100.0f}}},
                              .onnx = {"Selu", 6},
                              .saturation = {.below = -7.4721f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    return hn::Mul(p[1], Elu::Apply(d, x, p));
  }
  static double Reference(double x, const Params& p) { return double{p[1]} * Elu::Reference(x, p); }
  static double Derivative(double x, const Params& p) {
    return double{p[1]} * Elu::Derivative(x, p);
  }
};

// Barron, 2017, arXiv:1704.07483: an ELU whose slope is continuous for every alpha.
struct Celu {
  static constexpr Spec kSpec{.name = "celu",
                              .formula = "x if x > 0, else alpha (e^(x / alpha) - 1)",
                              .params = {{{"alpha", 1.0f, 1e-3f, 1e3f}}},
                              .onnx = {"Celu", 12},
                              .saturation = {.below = -6.9078f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    const V negative = hn::Mul(p[0], Expm1NonPositive(d, hn::Div(x, p[0])));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), negative, x);
  }
  static double Reference(double x, const Params& p) {
    return x < 0 ? double{p[0]} * std::expm1(x / double{p[0]}) : x;
  }
  static double Derivative(double x, const Params& p) {
    return x >= 0 ? 1 : std::exp(x / double{p[0]});
  }
};

// Ramachandran, Zoph, Le, 2017, arXiv:1710.05941.
struct Swish {
  static constexpr Spec kSpec{.name = "swish",
                              .formula = "x / (1 + e^(-beta x))",
                              .params = {{{"beta", 1.0f, 0.0f, 100.0f, "alpha"}}},
                              .onednn = {"eltwise_swish", First},
                              .onnx = {"Swish", 24},
                              .onnx_decomposed = {{{"scaled", "Mul", {"x", "beta"}},
                                                   {"gate", "Sigmoid", {"scaled"}},
                                                   {"y", "Mul", {"x", "gate"}}}},
                              .saturation = {.below = -8.9851f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    return TimesLogistic(d, x, Pair<D>{hn::Mul(x, p[0]), hn::Zero(d)});
  }
  static double Reference(double x, const Params& p) {
    if (std::isinf(x) && x < 0 && p[0] > 0) return -0.0;
    return x / (1 + std::exp(-double{p[0]} * x));
  }
  static double Derivative(double x, const Params& p) {
    const double beta = p[0];
    const double s = 1 / (1 + std::exp(-beta * x));
    return s + beta * x * s * (1 - s);
  }
};

// Hendrycks, Gimpel, 2016, arXiv:1606.08415: x times the normal distribution function.
struct GeluErf {
  static constexpr Spec kSpec{.name = "gelu_erf",
                              .formula = "x/2 (1 + erf(x / sqrt 2))",
                              .onednn = {"eltwise_gelu_erf"},
                              .onnx = {"Gelu", 20, "approximate", "none"},
                              .saturation = {.below = -3.8104f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V tail = NormalTailMoment(d, AtMost(d, 14.7f, hn::Abs(x)));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(tail), hn::Sub(x, tail));
  }
  static double Reference(double x, const Params&) {
    if (std::isinf(x) && x < 0) return -0.0;
    return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
  }
  static double Derivative(double x, const Params&) {
    const double density = std::exp(-0.5 * x * x) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    return 0.5 * std::erfc(-x / std::numbers::sqrt2) + x * density;
  }
};

// The same paper's approximation by the hyperbolic tangent: x times the logistic function of
// sqrt(8 / pi) (x + 0.044715 x^3).
struct GeluTanh {
  static constexpr Spec kSpec{.name = "gelu_tanh",
                              .formula = "x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))",
                              .onednn = {"eltwise_gelu_tanh"},
                              .onnx = {"Gelu", 20, "approximate", "tanh"},
                              .saturation = {.below = -3.7374f},
                              .tolerance = {.ulp = 4}};
  static constexpr double kLinear = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  static constexpr double kCubic = 0.044715 * kLinear;
  static constexpr float kLinearHigh = static_cast<float>(kLinear);
  static constexpr float kLinearLow = static_cast<float>(kLinear - double{kLinearHigh});
  static constexpr float kCubicHigh = static_cast<float>(kCubic);
  static constexpr float kCubicLow = static_cast<float>(kCubic - double{kCubicHigh});

  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V c = Clamp(d, x, -13.5f, 13.5f);  // further out t is below kExpLow anyway
    const Pair<D> square = ExactProduct(d, c, c);
    Pair<D> cubic = ExactProduct(d, hn::Set(d, kCubicHigh), square.high);
    cubic.low = hn::MulAdd(hn::Set(d, kCubicHigh), square.low, cubic.low);
    cubic.low = hn::MulAdd(hn::Set(d, kCubicLow), square.high, cubic.low);
    const Pair<D> sum = ExactSum(d, hn::Set(d, kLinearHigh), cubic.high);
    const V low = hn::Add(hn::Add(sum.low, cubic.low), hn::Set(d, kLinearLow));
    const Pair<D> t = ExactProduct(d, c, sum.high);
    return TimesLogistic(d, x, Pair<D>{t.high, hn::MulAdd(c, low, t.low)});
  }
  static double Reference(double x, const Params&) {
    if (std::isinf(x) && x < 0) return -0.0;
    return x / (1 + std::exp(-x * (kLinear + kCubic * x * x)));
  }
  static double Derivative(double x, const Params&) {
    if (std::abs(x) > 100) return x > 0 ? 1 : 0;
    const double s = 1 / (1 + std::exp(-x * (kLinear + kCubic * x * x)));
    return s + x * (kLinear + 3 * kCubic * x * x) * s * (1 - s);
  }
};

// Misra, 2019, arXiv:1908.08681. tanh(log(1 + u)) is (u^2 + 2u) / (u^2 + 2u + 2) for u = e^x.
struct Mish {
  static constexpr Spec kSpec{.name = "mish",
                              .formula = "x tanh(log(1 + e^x))",
                              .onednn = {"eltwise_mish"},
                              .onnx = {"Mish", 18},
                              .saturation = {.below = -8.9853f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V two = hn::Set(d, 2.0f);
    const Scaled<D> e = ScaledExp(d, Clamp(d, x, kExpLow, kLogisticOne));
    const V u = Value(d, e);
    const V numerator = hn::Mul(e.m, MulAddOnce(d, x, u, hn::Add(x, x)));
    const V denominator = MulAddOnce(d, u, hn::Add(u, two), two);
    return WithLimits(d, x, x, Scaled<D>{hn::Div(numerator, denominator), e.n});
  }
  static double Reference(double x, const Params&) {
    if (std::isinf(x) && x < 0) return -0.0;
    return x * std::tanh(x > 40 ? x : std::log1p(std::exp(x)));
  }
  static double Derivative(double x, const Params&) {
    if (x < -700) return 0;
    const double t = std::tanh(x > 40 ? x : std::log1p(std::exp(x)));
    return t + x * (1 - t * t) / (1 + std::exp(-x));
  }
};

struct Softplus {
  static constexpr Spec kSpec{.name = "softplus",
                              .formula = "log(1 + e^x)",
                              .onednn = {"eltwise_soft_relu", One},
                              .onnx = {"Softplus", 1},
                              .saturation = {.below = -6.9073f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return LogOnePlusExp(d, x);
  }
  static double Reference(double x, const Params&) {
    return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
  }
  static double Derivative(double x, const Params&) { return 1 / (1 + std::exp(-x)); }
};

struct LogSigmoid {
  static constexpr Spec kSpec{.name = "log_sigmoid",
                              .formula = "-log(1 + e^-x)",
                              .onednn = {"eltwise_logsigmoid", MinusOne},
                              .onnx_decomposed = {{{"negated", "Neg", {"x"}},
                                                   {"softplus", "Softplus", {"negated"}},
                                                   {"y", "Neg", {"softplus"}}}},
                              .saturation = {.above = 6.9073f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return hn::Neg(LogOnePlusExp(d, hn::Neg(x)));
  }
  static double Reference(double x, const Params& p) { return -Softplus::Reference(-x, p); }
  static double Derivative(double x, const Params&) { return 1 / (1 + std::exp(x)); }
};

struct Softsign {
  static constexpr Spec kSpec{.name = "softsign",
                              .formula = "x / (1 + |x|)",
                              .onnx = {"Softsign", 1},
                              .saturation = {-30.6228f, 30.6228f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V c = Clamp(d, x, -1e30f, 1e30f);
    return hn::Div(c, hn::Add(hn::Set(d, 1.0f), hn::Abs(c)));
  }
  static double Reference(double x, const Params&) {
    return std::isinf(x) ? std::copysign(1.0, x) : x / (1 + std::abs(x));
  }
  static double Derivative(double x, const Params&) {
    return 1 / ((1 + std::abs(x)) * (1 + std::abs(x)));
  }
};

struct HardSigmoid {
  static constexpr Spec kSpec{
      .name = "hard_sigmoid",
      .formula = "alpha x + beta, cut off at 0 and 1",
      .params = {{{"alpha", 0.2f, 1e-6f, 100.0f}, {"beta", 0.5f, -100.0f, 100.0f}}},
      .onednn = {"eltwise_hardsigmoid", First, Second},
      .onnx = {"HardSigmoid", 6},
      .saturation = {-2.5f, 2.5f},
      .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    return Clamp(d, MulAddOnce(d, p[0], Clamp(d, x, -1e30f, 1e30f), p[1]), 0.0f, 1.0f);
  }
  static double Reference(double x, const Params& p) {
    return std::clamp(double{p[0]} * x + double{p[1]}, 0.0, 1.0);
  }
  static double Derivative(double x, const Params& p) {
    const double y = double{p[0]} * x + double{p[1]};
    return y >= 0 && y < 1 ? double{p[0]} : 0;
  }
};

// Howard and others, 2019, arXiv:1905.02244.
struct HardSwish {
  static constexpr Spec kSpec{.name = "hard_swish",
                              .formula = "x times ((x + 3) / 6 cut off at 0 and 1)",
                              .onednn = {"eltwise_hardswish", Sixth, Half},
                              .onnx = {"HardSwish", 14},
                              .saturation = {.below = -3.0f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V three = hn::Set(d, 3.0f);
    const V sixths = Clamp(d, hn::Add(x, three), 0.0f, 6.0f);
    const V y = hn::Mul(x, hn::Mul(sixths, hn::Set(d, 1.0f / 6.0f)));
    return hn::IfThenElse(hn::Le(x, hn::Neg(three)), hn::Set(d, -0.0f), y);
  }
  static double Reference(double x, const Params&) {
    return x <= -3 ? -0.0 : x >= 3 ? x : x * (x + 3) / 6;
  }
  static double Derivative(double x, const Params&) {
    return x < -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6;
  }
};

// With its defaults this is ReLU6. An infinite bound is none.
struct Clip {
  static constexpr float kMax = std::numeric_limits<float>::max();
  static constexpr Spec kSpec{
      .name = "clip",
      .formula = "x, cut off at min and max",
      .params = {{{"min", 0.0f, -kInfinity, kMax}, {"max", 6.0f, -kMax, kInfinity}}},
      .params_ascend = true,
      .onednn = {"eltwise_clip", First, Second},
      .onnx = {"Clip", 6},
      .saturation = {0.0f, 6.0f},
      .tolerance = {.ulp = 0}};
  template <class D, class V>
  static HWY_INLINE V Apply(D, V x, const V* p) {
    return hn::IfThenElse(hn::Lt(x, p[0]), p[0], hn::IfThenElse(hn::Gt(x, p[1]), p[1], x));
  }
  static double Reference(double x, const Params& p) {
    return std::clamp(x, double{p[0]}, double{p[1]});
  }
  static double Derivative(double x, const Params& p) { return x >= p[0] && x < p[1] ? 1 : 0; }
};

struct ThresholdedRelu {
  static constexpr Spec kSpec{.name = "thresholded_relu",
                              .formula = "x if x > alpha, else 0",
                              .params = {{{"alpha", 1.0f, -1e6f, 1e6f}}},
                              .onnx = {"ThresholdedRelu", 10},
                              .saturation = {.below = 1.0f},
                              .tolerance = {.ulp = 0}};
  template <class D, class V>
  static HWY_INLINE V Apply(D, V x, const V* p) {
    return hn::IfThenElseZero(hn::Not(hn::Le(x, p[0])), x);
  }
  static double Reference(double x, const Params& p) { return x <= p[0] ? 0 : x; }
  static double Derivative(double x, const Params& p) { return x >= p[0] ? 1 : 0; }
};

// Sitzmann and others, 2020, arXiv:2006.09661, whose networks have a frequency of 30.
struct Sin {
  static constexpr Spec kSpec{
      .name = "sin",
      .formula = "sin(frequency x)",
      .params = {{{.name = "frequency",
                   .default_value = 1.0f,
                   .low = 1e-3f,
                   .high = 1e4f,
                   .is_in_onnx = false}}},
      .onnx = {"Sin", 7},
      .onnx_decomposed = {{{"scaled", "Mul", {"x", "frequency"}}, {"y", "Sin", {"scaled"}}}},
      .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    if (hn::AllTrue(d, hn::Eq(p[0], hn::Set(d, 1.0f)))) {  // the same for all x, and the usual one
      return FarLanes(d, x, x, SinReduced(d, x), kSinLimit,
                      [](double far) { return std::sin(far); });
    }
    const Pair<D> t = ExactProduct(d, x, p[0]);
    const double frequency = hn::GetLane(p[0]);
    return FarLanes(d, x, t.high, SinReduced(d, t), kSinLimit,
                    [=](double far) { return std::sin(frequency * far); });
  }
  static double Reference(double x, const Params& p) { return std::sin(double{p[0]} * x); }
  static double Derivative(double x, const Params& p) {
    return double{p[0]} * std::cos(double{p[0]} * x);
  }
};

// Noel, Arunkumar, Trivedi, Dutta, 2021, arXiv:2108.12943, as the next one: the growing cosine
// unit.
struct Gcu {
  static constexpr Spec kSpec{
      .name = "gcu",
      .formula = "x cos x",
      .onnx_decomposed = {{{"cos", "Cos", {"x"}}, {"y", "Mul", {"x", "cos"}}}},
      .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return FarLanes(d, x, x, hn::Mul(x, CosReduced(d, x)), kCosLimit,
                    [](double far) { return far * std::cos(far); });
  }
  static double Reference(double x, const Params&) { return x * std::cos(x); }
  static double Derivative(double x, const Params&) { return std::cos(x) - x * std::sin(x); }
};

// The non-monotonic cubic unit. One neuron with it learns XOR.
struct Ncu {
  static constexpr Spec kSpec{.name = "ncu",
                              .formula = "x - x^3",
                              .onnx_decomposed = {{{"square", "Mul", {"x", "x"}},
                                                   {"cube", "Mul", {"x", "square"}},
                                                   {"y", "Sub", {"x", "cube"}}}},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V one = hn::Set(d, 1.0f);
    return hn::Mul(hn::Mul(x, hn::Sub(one, x)), hn::Add(one, x));
  }
  static double Reference(double x, const Params&) { return x * (1 - x) * (1 + x); }
  static double Derivative(double x, const Params&) { return 1 - 3 * x * x; }
};

struct Abs {
  static constexpr Spec kSpec{
      .name = "abs", .formula = "|x|", .onednn = {"eltwise_abs"}, .onnx = {"Abs", 1}};
  template <class D, class V>
  static HWY_INLINE V Apply(D, V x, const V*) {
    return hn::Abs(x);
  }
  static double Reference(double x, const Params&) { return std::abs(x); }
  static double Derivative(double x, const Params&) { return x >= 0 ? 1 : -1; }
};

struct Square {
  static constexpr Spec kSpec{.name = "square",
                              .formula = "x^2",
                              .onednn = {"eltwise_square"},
                              .onnx_decomposed = {{{"y", "Mul", {"x", "x"}}}},
                              .tolerance = {.ulp = 1}};
  template <class D, class V>
  static HWY_INLINE V Apply(D, V x, const V*) {
    return hn::Mul(x, x);
  }
  static double Reference(double x, const Params&) { return x * x; }
  static double Derivative(double x, const Params&) { return 2 * x; }
};

// So and others, 2021, arXiv:2109.08668.
struct ReluSquared {
  static constexpr Spec kSpec{
      .name = "relu_squared",
      .formula = "max(x, 0)^2",
      .onnx_decomposed = {{{"relu", "Relu", {"x"}}, {"y", "Mul", {"relu", "relu"}}}},
      .saturation = {.below = 5e-4f},
      .tolerance = {.ulp = 1}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    return Square::Apply(d, Relu::Apply(d, x, p), p);
  }
  static double Reference(double x, const Params&) { return x <= 0 ? 0 : x * x; }
  static double Derivative(double x, const Params&) { return x <= 0 ? 0 : 2 * x; }
};

// As IEEE 754 has it, so are the following: NaN outside of the domain, infinite at a pole.
struct Sqrt {
  static constexpr Spec kSpec{.name = "sqrt",
                              .formula = "sqrt x",
                              .onnx = {"Sqrt", 1},
                              .saturation = {.above = 250000.0f},
                              .tolerance = {.ulp = 1}};
  template <class D, class V>
  static HWY_INLINE V Apply(D, V x, const V*) {
    return hn::Sqrt(x);
  }
  static double Reference(double x, const Params&) { return std::sqrt(x); }
  static double Derivative(double x, const Params&) { return 0.5 / std::sqrt(x); }
};

struct Reciprocal {
  static constexpr Spec kSpec{.name = "reciprocal",
                              .formula = "1 / x",
                              .onnx = {"Reciprocal", 1},
                              .saturation = {-31.6228f, 31.6228f},
                              .tolerance = {.ulp = 1}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return hn::Div(hn::Set(d, 1.0f), x);
  }
  static double Reference(double x, const Params&) { return 1 / x; }
  static double Derivative(double x, const Params&) { return -1 / (x * x); }
};

struct Exponential {
  static constexpr Spec kSpec{.name = "exp",
                              .formula = "e^x",
                              .onnx = {"Exp", 1},
                              .saturation = {.below = -6.9078f},
                              .tolerance = {.ulp = 2}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return Exp(d, x);
  }
  static double Reference(double x, const Params&) { return std::exp(x); }
  static double Derivative(double x, const Params&) { return std::exp(x); }
};

struct Logarithm {
  static constexpr Spec kSpec{.name = "log",
                              .formula = "log x",
                              .onnx = {"Log", 1},
                              .saturation = {.above = 1000.0f},
                              .tolerance = {.ulp = 2}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return Log(d, x);
  }
  static double Reference(double x, const Params&) { return std::log(x); }
  static double Derivative(double x, const Params&) { return x < 0 ? kNan : 1 / std::abs(x); }
};

struct LogarithmOnePlus {
  static constexpr Spec kSpec{
      .name = "log1p",
      .formula = "log(1 + x)",
      .onnx_decomposed = {{{"sum", "Add", {"x", "one"}}, {"y", "Log", {"sum"}}}},
      .saturation = {.above = 999.0f},
      .tolerance = {.ulp = 2}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return LogOnePlus(d, x);
  }
  static double Reference(double x, const Params&) { return std::log1p(x); }
  static double Derivative(double x, const Params&) { return x < -1 ? kNan : 1 / (1 + x); }
};

struct Cos {
  static constexpr Spec kSpec{
      .name = "cos", .formula = "cos x", .onnx = {"Cos", 7}, .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    // Below 2^-12 the answer rounds to 1.
    const auto tiny = hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-12f));
    const V y = hn::IfThenElse(tiny, hn::Set(d, 1.0f), CosReduced(d, x));
    return FarLanes(d, x, x, y, kCosLimit, [](double far) { return std::cos(far); });
  }
  static double Reference(double x, const Params&) { return std::cos(x); }
  static double Derivative(double x, const Params&) { return -std::sin(x); }
};

struct ArcTangent {
  static constexpr Spec kSpec{.name = "atan",
                              .formula = "atan x",
                              .onnx = {"Atan", 7},
                              .saturation = {-31.6070f, 31.6070f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return Atan(d, x);
  }
  static double Reference(double x, const Params&) { return std::atan(x); }
  static double Derivative(double x, const Params&) { return 1 / (1 + x * x); }
};

struct ErrorFunction {
  static constexpr Spec kSpec{.name = "erf",
                              .formula = "erf x",
                              .onnx = {"Erf", 9},
                              .saturation = {-2.6512f, 2.6512f},
                              .tolerance = {.ulp = 2}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    return Erf(d, x);
  }
  static double Reference(double x, const Params&) { return std::erf(x); }
  static double Derivative(double x, const Params&) {
    return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x);
  }
};

// A radial basis function of one number; gamma = 1/2 gives e^(-x^2 / 2).
struct Gaussian {
  static constexpr Spec kSpec{.name = "gaussian",
                              .formula = "e^(-gamma x^2)",
                              .params = {{{"gamma", 1.0f, 1e-6f, 1e6f}}},
                              .onnx_decomposed = {{{"square", "Mul", {"x", "x"}},
                                                   {"scaled", "Mul", {"square", "gamma"}},
                                                   {"negated", "Neg", {"scaled"}},
                                                   {"y", "Exp", {"negated"}}}},
                              .saturation = {-2.9465f, 2.9465f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    // Further out the answer is 0, and the products could overflow.
    const V limit = hn::Sqrt(hn::Div(hn::Set(d, -kExpLow), p[0]));
    const V size = hn::Abs(x);
    const V within = hn::IfThenElse(hn::Gt(size, limit), limit, size);
    const Pair<D> square = ExactProduct(d, within, within);
    const V factor = hn::Neg(p[0]);
    Pair<D> power = ExactProduct(d, factor, square.high);
    power.low = hn::MulAdd(factor, square.low, power.low);
    return Value(d, ScaledExp(d, power));
  }
  static double Reference(double x, const Params& p) { return std::exp(-double{p[0]} * x * x); }
  static double Derivative(double x, const Params& p) {
    return -2 * double{p[0]} * x * Reference(x, p);
  }
};

// Barron, 2021, arXiv:2112.11687: a ReLU that is smooth where |x| is small next to sqrt b. With
// h = (|x| + sqrt(x^2 + b)) / 2 it is h for x >= 0 and b / (4 h) elsewhere, where nothing cancels.
struct Squareplus {
  static constexpr Spec kSpec{.name = "squareplus",
                              .formula = "(x + sqrt(x^2 + b)) / 2",
                              .params = {{{"b", 4.0f, 1e-6f, 1e6f}}},
                              .onnx_decomposed = {{{"square", "Mul", {"x", "x"}},
                                                   {"raised", "Add", {"square", "b"}},
                                                   {"root", "Sqrt", {"raised"}},
                                                   {"sum", "Add", {"x", "root"}},
                                                   {"y", "Mul", {"sum", "half"}}}},
                              .saturation = {.below = -31.5754f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    constexpr float kFar = 1e18f;  // b is nothing next to its square, which is a float
    const V size = hn::Abs(x);
    const V within = AtMost(d, kFar, size);
    const V root =
        hn::IfThenElse(hn::Gt(size, within), size, hn::Sqrt(hn::MulAdd(within, within, p[0])));
    const V half = hn::Set(d, 0.5f);
    const V h = hn::MulAdd(half, size, hn::Mul(half, root));
    const V negative = hn::Div(hn::Mul(p[0], hn::Set(d, 0.25f)), h);
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), negative, h);
  }
  static double Reference(double x, const Params& p) {
    const double root = std::hypot(x, std::sqrt(double{p[0]}));
    return x < 0 ? double{p[0]} / (2 * (root - x)) : (x + root) / 2;
  }
  static double Derivative(double x, const Params& p) {
    return Reference(x, p) / std::hypot(x, std::sqrt(double{p[0]}));
  }
};

// Ziyin, Hartwig, Ueda, 2020, arXiv:2006.08195: learns what is periodic, trend included.
// Where 1 / a is no float its rounding counts, since the two terms nearly cancel for some x < 0;
// the tolerance allows for that.
struct Snake {
  static constexpr Spec kSpec{.name = "snake",
                              .formula = "x + sin(a x)^2 / a",
                              .params = {{{"a", 1.0f, 1e-3f, 1e3f}}},
                              .onnx_decomposed = {{{"scaled", "Mul", {"x", "a"}},
                                                   {"sine", "Sin", {"scaled"}},
                                                   {"square", "Mul", {"sine", "sine"}},
                                                   {"wave", "Div", {"square", "a"}},
                                                   {"y", "Add", {"x", "wave"}}}},
                              .tolerance = {.ulp = 8}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    const Pair<D> t = ExactProduct(d, x, p[0]);
    const SinSquare<D> square = SinSquareReduced(d, t);
    const V wave = hn::Div(square.sine, p[0]);
    const V crest = hn::Add(x, hn::Div(hn::Set(d, 1.0f), p[0]));
    const V y = MulAddOnce(d, hn::IfThenElse(square.is_rest, hn::Neg(wave), wave), square.sine,
                           hn::IfThenElse(square.is_rest, crest, x));
    const Params params{hn::GetLane(p[0])};
    return FarLanes(d, x, t.high, y, kCosLimit, [=](double far) { return Reference(far, params); });
  }
  static double Reference(double x, const Params& p) {
    const double sine = std::sin(double{p[0]} * x);
    return std::isinf(x) ? x : x + sine * sine / double{p[0]};
  }
  static double Derivative(double x, const Params& p) { return 1 + std::sin(2 * double{p[0]} * x); }
};

// Near 0, where the two nearly cancel: x^3 times a minimax polynomial in x^2 (relative error below
// 2^-24).
struct Tanhshrink {
  static constexpr Spec kSpec{
      .name = "tanhshrink",
      .formula = "x - tanh x",
      .onnx_decomposed = {{{"tanh", "Tanh", {"x"}}, {"y", "Sub", {"x", "tanh"}}}},
      .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    const V s = hn::Mul(x, x);
    const V q = Polynomial(d, s, 0.33333334f, -0.13333355f, 0.053969108f, -0.021866336f,
                           0.0088322293f, -0.003495185f, 0.0012871883f, -0.00040197145f,
                           9.4062561e-05f, -1.4015392e-05f, 9.7138684e-07f);
    const auto near = hn::Lt(hn::Abs(x), hn::Set(d, 1.5f));
    return hn::IfThenElse(near, hn::Mul(x, hn::Mul(s, q)), hn::Sub(x, Tanh::Apply(d, x, p)));
  }
  static double Reference(double x, const Params&) {
    if (std::abs(x) > 0.05) return x - std::tanh(x);
    const double s = x * x;
    return x * s * (1.0 / 3 - s * (2.0 / 15 - s * (17.0 / 315 - s * (62.0 / 2835))));
  }
  static double Derivative(double x, const Params&) {
    const double t = std::tanh(x);
    return t * t;
  }
};

// ONNX's Shrink. A bias of 0 is the hard one, a bias of lambd the soft one.
struct Shrink {
  static constexpr Spec kSpec{
      .name = "shrink",
      .formula = "x - bias if x > lambd, x + bias if x < -lambd, else 0",
      .params = {{{"lambd", 0.5f, 0.0f, 1e6f}, {"bias", 0.0f, -1e6f, 1e6f}}},
      .onnx = {"Shrink", 9},
      .tolerance = {.ulp = 1}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    const V y = hn::Sub(x, hn::Xor(p[1], hn::And(hn::SignBit(d), x)));
    return hn::IfThenZeroElse(hn::Le(hn::Abs(x), p[0]), y);
  }
  static double Reference(double x, const Params& p) {
    return std::abs(x) <= p[0] ? 0 : x > 0 ? x - double{p[1]} : x + double{p[1]};
  }
  static double Derivative(double x, const Params& p) { return x >= -p[0] && x < p[0] ? 0 : 1; }
};

// torch's two, under their own names.
struct Hardshrink {
  static constexpr Spec kSpec{.name = "hardshrink",
                              .formula = "x if |x| > lambd, else 0",
                              .params = {{{"lambd", 0.5f, 0.0f, 1e6f}}},
                              .onnx_decomposed = {{{"size", "Abs", {"x"}},
                                                   {"outside", "Greater", {"size", "lambd"}},
                                                   {"gate", "Cast", {"outside"}},
                                                   {"y", "Mul", {"x", "gate"}}}},
                              .tolerance = {.ulp = 0}};
  template <class D, class V>
  static HWY_INLINE V Apply(D, V x, const V* p) {
    return hn::IfThenZeroElse(hn::Le(hn::Abs(x), p[0]), x);
  }
  static double Reference(double x, const Params& p) { return std::abs(x) <= p[0] ? 0 : x; }
  static double Derivative(double x, const Params& p) { return Shrink::Derivative(x, p); }
};

struct Softshrink {
  static constexpr Spec kSpec{.name = "softshrink",
                              .formula = "x - lambd if x > lambd, x + lambd if x < -lambd, else 0",
                              .params = {{{"lambd", 0.5f, 0.0f, 1e6f}}},
                              .onnx_decomposed = {{{"negated", "Neg", {"lambd"}},
                                                   {"raised", "Max", {"x", "negated"}},
                                                   {"clipped", "Min", {"raised", "lambd"}},
                                                   {"y", "Sub", {"x", "clipped"}}}},
                              .tolerance = {.ulp = 1}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    const V both[] = {p[0], p[0]};
    return Shrink::Apply(d, x, both);
  }
  static double Reference(double x, const Params& p) { return Shrink::Reference(x, {p[0], p[0]}); }
  static double Derivative(double x, const Params& p) { return Shrink::Derivative(x, p); }
};

// Subtracting the row's maximum keeps every exponent at or below 0: no overflow, and the same
// value.
struct Softmax {
  static constexpr Spec kSpec{.name = "softmax",
                              .formula = "e^(x_i - max x) / sum_j e^(x_j - max x)",
                              .scope = Scope::kRow,
                              .onednn = {"softmax"},
                              .onnx = {"Softmax", 1},
                              .tolerance = {.ulp = 4}};
  template <class D>
  static HWY_INLINE void ApplyRow(D d, const float* src, float* dst, size_t n) {
    using V = hn::Vec<D>;
    const V shift = hn::Set(d, RowMaximum(d, src, n));
    const size_t lanes = hn::Lanes(d);
    Pair<D> sums{hn::Zero(d), hn::Zero(d)};
    for (size_t i = 0; i < n; i += lanes) {
      const size_t count = std::min(lanes, n - i);
      const V e = ExpOfDifference(d, LoadPart(d, src + i, count), shift);
      sums = Plus(d, sums, hn::IfThenElseZero(hn::FirstN(d, count), e));
      StorePart(d, e, dst + i, count);
    }
    const V total = hn::Set(d, static_cast<float>(Total(d, sums)));
    for (size_t i = 0; i < n; i += lanes) {
      const size_t count = std::min(lanes, n - i);
      StorePart(d, hn::Div(LoadPart(d, dst + i, count), total), dst + i, count);
    }
  }
  static void ReferenceRow(std::span<const double> x, std::span<double> y) {
    const double highest = *std::max_element(x.begin(), x.end());
    double total = 0;
    for (size_t i = 0; i < x.size(); ++i) total += y[i] = std::exp(x[i] - highest);
    for (double& value : y) value /= total;
  }
  static double Derivative(double y, const Params&) { return y * (1 - y); }
};

// The maximum's own term is left out of the sum and added inside the logarithm, so that a row with
// one dominant element keeps its small values.
struct LogSoftmax {
  static constexpr Spec kSpec{.name = "log_softmax",
                              .formula = "x_i - max x - log(sum_j e^(x_j - max x))",
                              .scope = Scope::kRow,
                              .onednn = {"logsoftmax"},
                              .onnx = {"LogSoftmax", 1},
                              .tolerance = {.ulp = 4}};
  template <class D>
  static HWY_INLINE void ApplyRow(D d, const float* src, float* dst, size_t n) {
    using V = hn::Vec<D>;
    const float highest = RowMaximum(d, src, n);
    const V shift = hn::Set(d, highest);
    const size_t lanes = hn::Lanes(d);
    Pair<D> sums{hn::Zero(d), hn::Zero(d)};
    size_t highest_count = 0;
    for (size_t i = 0; i < n; i += lanes) {
      const size_t count = std::min(lanes, n - i);
      const V x = LoadPart(d, src + i, count);
      const auto within = hn::FirstN(d, count);
      const auto is_highest = hn::And(hn::Eq(x, shift), within);
      highest_count += hn::CountTrue(d, is_highest);
      const V e = ExpOfDifference(d, x, shift);
      sums = Plus(d, sums, hn::IfThenElseZero(hn::AndNot(is_highest, within), e));
    }
    const double others =
        Total(d, sums) + static_cast<double>(std::max<size_t>(highest_count, 1) - 1);
    const V log_total = hn::Set(d, static_cast<float>(std::log1p(others)));
    for (size_t i = 0; i < n; i += lanes) {
      const size_t count = std::min(lanes, n - i);
      const V x = LoadPart(d, src + i, count);
      StorePart(d, hn::Sub(hn::Sub(x, shift), log_total), dst + i, count);
    }
  }
  static void ReferenceRow(std::span<const double> x, std::span<double> y) {
    const auto highest = std::max_element(x.begin(), x.end());
    double others = 0;
    for (auto it = x.begin(); it != x.end(); ++it) {
      if (it != highest) others += std::exp(*it - *highest);
    }
    const double shift = *highest;
    for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] - shift - std::log1p(others);
  }
  static double Derivative(double y, const Params&) { return -std::expm1(y); }
};

template <class... A>
struct TypeList {};

using All =
    TypeList<Identity, Step, Sigmoid, Tanh, Relu, LeakyRelu, Prelu, Elu, Selu, Celu, Swish, GeluErf,
             GeluTanh, Mish, Softplus, Softsign, HardSigmoid, HardSwish, Clip, ThresholdedRelu,
             LogSigmoid, Sin, Gcu, Ncu, Abs, Square, ReluSquared, Sqrt, Reciprocal, Exponential,
             Logarithm, LogarithmOnePlus, Cos, ArcTangent, ErrorFunction, Gaussian, Squareplus,
             Snake, Tanhshrink, Hardshrink, Softshrink, Shrink, Softmax, LogSoftmax>;

}  // namespace hillock::activation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
