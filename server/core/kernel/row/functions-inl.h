// SPDX-License-Identifier: Apache-2.0

// The functions of model::Functions() that have a vector form. Each struct holds
//   kName, kArity   as in model::Function
//   Apply           the function over vectors; it reads its first kArity arguments
//
// Highway includes this file once for every instruction set, hence the unusual guard.

#if defined(HILLOCK_SERVER_KERNEL_ROW_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HILLOCK_SERVER_KERNEL_ROW_FUNCTIONS_INL_H_
#undef HILLOCK_SERVER_KERNEL_ROW_FUNCTIONS_INL_H_
#else
#define HILLOCK_SERVER_KERNEL_ROW_FUNCTIONS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <string_view>

#include "server/core/activation/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::row::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace table = hillock::activation::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;

HWY_INLINE V Truth(D d, M mask) { return hn::IfThenElseZero(mask, hn::Set(d, 1.0f)); }

// Ne() is false for NaN on some instruction sets.
HWY_INLINE M IsTrue(D d, V a) { return hn::Not(hn::Eq(a, hn::Zero(d))); }

struct Copy {
  static constexpr std::string_view kName = "copy";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D, V a, V, V) { return a; }
};

struct Add {
  static constexpr std::string_view kName = "add";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D, V a, V b, V) { return hn::Add(a, b); }
};

struct Sub {
  static constexpr std::string_view kName = "sub";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D, V a, V b, V) { return hn::Sub(a, b); }
};

struct Mul {
  static constexpr std::string_view kName = "mul";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D, V a, V b, V) { return hn::Mul(a, b); }
};

struct Div {
  static constexpr std::string_view kName = "div";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D, V a, V b, V) { return hn::Div(a, b); }
};

// NaN in either operand gives NaN.
struct Min {
  static constexpr std::string_view kName = "min";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D, V a, V b, V) {
    return hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::Lt(a, b)), a, b);
  }
};

struct Max {
  static constexpr std::string_view kName = "max";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D, V a, V b, V) {
    return hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::Gt(a, b)), a, b);
  }
};

struct Equal {
  static constexpr std::string_view kName = "equal";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D d, V a, V b, V) { return Truth(d, hn::Eq(a, b)); }
};

struct Greater {
  static constexpr std::string_view kName = "greater";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D d, V a, V b, V) { return Truth(d, hn::Gt(a, b)); }
};

struct GreaterOrEqual {
  static constexpr std::string_view kName = "greater_or_equal";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D d, V a, V b, V) { return Truth(d, hn::Ge(a, b)); }
};

struct Less {
  static constexpr std::string_view kName = "less";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D d, V a, V b, V) { return Truth(d, hn::Lt(a, b)); }
};

struct LessOrEqual {
  static constexpr std::string_view kName = "less_or_equal";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D d, V a, V b, V) { return Truth(d, hn::Le(a, b)); }
};

struct And {
  static constexpr std::string_view kName = "and";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D d, V a, V b, V) {
    return Truth(d, hn::And(IsTrue(d, a), IsTrue(d, b)));
  }
};

struct Or {
  static constexpr std::string_view kName = "or";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D d, V a, V b, V) {
    return Truth(d, hn::Or(IsTrue(d, a), IsTrue(d, b)));
  }
};

struct Xor {
  static constexpr std::string_view kName = "xor";
  static constexpr size_t kArity = 2;
  static HWY_INLINE V Apply(D d, V a, V b, V) {
    return Truth(d, hn::Xor(IsTrue(d, a), IsTrue(d, b)));
  }
};

struct Where {
  static constexpr std::string_view kName = "where";
  static constexpr size_t kArity = 3;
  static HWY_INLINE V Apply(D d, V a, V b, V c) { return hn::IfThenElse(IsTrue(d, a), b, c); }
};

struct Not {
  static constexpr std::string_view kName = "not";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D d, V a, V, V) { return Truth(d, hn::Eq(a, hn::Zero(d))); }
};

struct IsNan {
  static constexpr std::string_view kName = "is_nan";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D d, V a, V, V) { return Truth(d, hn::IsNaN(a)); }
};

struct IsInf {
  static constexpr std::string_view kName = "is_inf";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D d, V a, V, V) { return Truth(d, hn::IsInf(a)); }
};

struct Sign {
  static constexpr std::string_view kName = "sign";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D d, V a, V, V) {
    const V zero = hn::Zero(d);
    const V up = hn::IfThenElse(hn::Gt(a, zero), hn::Set(d, 1.0f), a);
    return hn::IfThenElse(hn::Lt(a, zero), hn::Set(d, -1.0f), up);
  }
};

struct Round {
  static constexpr std::string_view kName = "round";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D, V a, V, V) { return hn::Round(a); }
};

struct Floor {
  static constexpr std::string_view kName = "floor";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D, V a, V, V) { return hn::Floor(a); }
};

struct Ceil {
  static constexpr std::string_view kName = "ceil";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D, V a, V, V) { return hn::Ceil(a); }
};

struct Trunc {
  static constexpr std::string_view kName = "trunc";
  static constexpr size_t kArity = 1;
  static HWY_INLINE V Apply(D, V a, V, V) { return hn::Trunc(a); }
};

template <class... F>
struct FunctionList {};

using VectorFunctions = FunctionList<Copy, Add, Sub, Mul, Div, Min, Max, Equal, Greater,
                                     GreaterOrEqual, Less, LessOrEqual, And, Or, Xor, Where, Not,
                                     IsNan, IsInf, Sign, Round, Floor, Ceil, Trunc>;

}  // namespace hillock::kernel::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
