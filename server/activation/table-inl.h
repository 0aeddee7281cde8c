// THE table: one struct an activation, and the list of all at the end. Adding an activation is
// adding a struct and its name to that list.
//
// Each struct holds
//   kSpec       what the rest of the project reads (activation.h says what each field means)
//   Apply       the fallback kernel over vectors; p[i] holds parameter i in every lane, or for a
//               per-unit activation the lanes' own. Row functions have ApplyRow(d, src, dst, n)
//   Reference   the function in double precision, independent of Apply, limits at infinity
//   included;
//               row functions have ReferenceRow
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
#include <numbers>
#include <span>

#include "server/activation/activation.h"
#include "server/activation/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hillock::activation::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline float First(const Params& p) { return p[0]; }
inline float One(const Params&) { return 1.0f; }

struct Identity {
  static constexpr Spec kSpec{.name = "identity",
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
  static constexpr Spec kSpec{.name = "step",
                              .formula = "1 if x >= 0, else 0",
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

// Ramachandran, Zoph, Le, 2017, arXiv:1710.05941.
struct Swish {
  static constexpr Spec kSpec{.name = "swish",
                              .formula = "x / (1 + e^(-beta x))",
                              .params = {{{"beta", 1.0f, 0.0f, 100.0f}}},
                              .onednn = {"eltwise_swish", First},
                              .onnx = {"Swish", 24},
                              .saturation = {.below = -8.9851f},
                              .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V* p) {
    const V bx = hn::Mul(x, p[0]);
    const Scaled<D> e = ScaledExp(d, hn::Neg(hn::Abs(bx)));
    const V denominator = hn::Add(hn::Set(d, 1.0f), Value(d, e));
    const auto negative = hn::Lt(bx, hn::Zero(d));
    const V quotient = hn::Div(hn::IfThenElse(negative, hn::Mul(x, e.m), x), denominator);
    const V left = Value(d, Scaled<D>{quotient, e.n});
    const V y = hn::IfThenElse(negative, left, quotient);
    return hn::IfThenElse(hn::Lt(bx, hn::Set(d, kExpLow)), hn::Set(d, -0.0f), y);
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
    const V limit = hn::Set(d, 14.7f);
    const V t = hn::Abs(x);
    const V tail = Value(d, NormalTailMoment(d, hn::IfThenElse(hn::Gt(t, limit), limit, t)));
    const V outside = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(tail), hn::Sub(x, tail));
    return hn::IfThenElse(hn::Lt(t, hn::Set(d, 1.0f)), hn::Mul(x, NormalCentre(d, x)), outside);
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

// Sitzmann and others, 2020, arXiv:2006.09661, among the oscillating units.
struct Sin {
  static constexpr Spec kSpec{
      .name = "sin", .formula = "sin x", .onnx = {"Sin", 7}, .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    // A lane further out than any trained network goes is computed in double.
    const auto inside = hn::Le(hn::Abs(x), hn::Set(d, kSinLimit));
    const V y = SinReduced(d, x);
    if (HWY_LIKELY(hn::AllTrue(d, inside))) return y;
    alignas(64) float lanes[HWY_MAX_BYTES / sizeof(float)];
    hn::Store(x, d, lanes);
    for (size_t i = 0; i < hn::Lanes(d); ++i) {
      lanes[i] = static_cast<float>(std::sin(static_cast<double>(lanes[i])));
    }
    return hn::IfThenElse(inside, y, hn::Load(d, lanes));
  }
  static double Reference(double x, const Params&) { return std::sin(x); }
  static double Derivative(double x, const Params&) { return std::cos(x); }
};

// Noel, Arunkumar, Trivedi, Dutta, 2021, arXiv:2108.12943: the non-monotonic cubic unit. One neuron
// with it learns XOR.
struct Ncu {
  static constexpr Spec kSpec{.name = "ncu", .formula = "x - x^3", .tolerance = {.ulp = 4}};
  template <class D, class V>
  static HWY_INLINE V Apply(D d, V x, const V*) {
    const V one = hn::Set(d, 1.0f);
    return hn::Mul(hn::Mul(x, hn::Sub(one, x)), hn::Add(one, x));
  }
  static double Reference(double x, const Params&) { return x * (1 - x) * (1 + x); }
  static double Derivative(double x, const Params&) { return 1 - 3 * x * x; }
};

// Subtracting the row's maximum keeps every exponent at or below 0: no overflow, and the same
// value.
struct Softmax {
  static constexpr Spec kSpec{.name = "softmax",
                              .formula = "e^(x_i - max x) / sum_j e^(x_j - max x)",
                              .scope = Scope::kRow,
                              .onednn = {"softmax"},
                              .onnx = {"Softmax", 1},
                              .tolerance = {.ulp = 64}};
  template <class D>
  static HWY_INLINE void ApplyRow(D d, const float* src, float* dst, size_t n) {
    using V = hn::Vec<D>;
    float highest = src[0];
    for (size_t i = 1; i < n; ++i) highest = src[i] > highest ? src[i] : highest;
    const V shift = hn::Set(d, highest);
    const size_t lanes = hn::Lanes(d);
    V sums = hn::Zero(d);
    for (size_t i = 0; i < n; i += lanes) {
      const size_t count = std::min(lanes, n - i);
      const auto mask = hn::FirstN(d, count);
      const V x = LoadPart(d, src + i, count);
      const V e = hn::IfThenElseZero(mask, Exp(d, hn::Sub(x, shift)));
      sums = hn::Add(sums, e);
      StorePart(d, e, dst + i, count);
    }
    const V total = hn::SumOfLanes(d, sums);
    for (size_t i = 0; i < n; i += lanes) {
      const size_t count = std::min(lanes, n - i);
      const V e = LoadPart(d, dst + i, count);
      StorePart(d, hn::Div(e, total), dst + i, count);
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

template <class... A>
struct TypeList {};

using All = TypeList<Identity, Step, Sigmoid, Tanh, Relu, LeakyRelu, Prelu, Elu, Swish, GeluErf,
                     Sin, Ncu, Softmax>;

}  // namespace hillock::activation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
