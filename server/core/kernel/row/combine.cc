// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/combine.h"

#include <algorithm>
#include <cmath>

#include "server/core/base/status.h"
#include "server/core/kernel/instruction_sets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/core/kernel/row/combine.cc"
#include <hwy/foreach_target.h>  // must come before highway.h

// clang-format off
#include <hwy/highway.h>
#include "server/core/kernel/row/functions-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::row::HWY_NAMESPACE {

using Operands = Combine::Operands;
using Rows = void (*)(const Operands& x, float* dst, size_t rows, size_t cols);

// All operands are as wide as the result, so all rows are one run of elements.
template <class F>
void Elements(const Operands& x, float* dst, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < n; i += lanes) {
    const size_t count = std::min(lanes, n - i);
    V v[Combine::kMaxArity];
    for (size_t k = 0; k < Combine::kMaxArity; ++k) {
      v[k] = k < F::kArity ? table::LoadPart(d, x.data[k] + i, count) : hn::Zero(d);
    }
    table::StorePart(d, F::Apply(d, v[0], v[1], v[2]), dst + i, count);
  }
}

// One row. An operand of one column fills a vector that stays for the whole row.
template <class F>
void Broadcast(const Operands& x, float* dst, size_t row, size_t cols) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const float* from[Combine::kMaxArity] = {};
  V v[Combine::kMaxArity] = {hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  for (size_t k = 0; k < F::kArity; ++k) {
    if (x.wide[k]) from[k] = x.data[k] + row * cols;
    if (!x.wide[k]) v[k] = hn::Set(d, x.data[k][row]);
  }
  for (size_t i = 0; i < cols; i += lanes) {
    const size_t count = std::min(lanes, cols - i);
    for (size_t k = 0; k < F::kArity; ++k) {
      if (x.wide[k]) v[k] = table::LoadPart(d, from[k] + i, count);
    }
    table::StorePart(d, F::Apply(d, v[0], v[1], v[2]), dst + i, count);
  }
}

template <class F>
void AllRows(const Operands& x, float* dst, size_t rows, size_t cols) {
  if (std::all_of(x.wide.begin(), x.wide.begin() + F::kArity, [](bool wide) { return wide; })) {
    return Elements<F>(x, dst, rows * cols);
  }
  for (size_t r = 0; r < rows; ++r) Broadcast<F>(x, dst + r * cols, r, cols);
}

template <class... F>
Rows Pick(std::string_view name, FunctionList<F...>) {
  Rows found = nullptr;
  ((found = name == F::kName ? &AllRows<F> : found), ...);
  return found;
}

Rows FindRows(std::string_view name) { return Pick(name, VectorFunctions()); }

}  // namespace hillock::kernel::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hillock::kernel::row {
namespace {

HWY_EXPORT(FindRows);

struct ScalarFunction {
  std::string_view name;
  float (*function)(float a, float b);
};

// The remainder with the sign of the divisor.
float Mod(float a, float b) {
  const float rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

// Functions that graphs rarely have: the C library's, an element at a time.
constexpr ScalarFunction kScalarFunctions[] = {
    {"pow", [](float a, float b) { return std::pow(a, b); }},
    {"fmod", [](float a, float b) { return std::fmod(a, b); }},
    {"mod", Mod},
    {"atan2", [](float a, float b) { return std::atan2(a, b); }},
    {"tan", [](float a, float) { return std::tan(a); }},
    {"asin", [](float a, float) { return std::asin(a); }},
    {"acos", [](float a, float) { return std::acos(a); }},
    {"sinh", [](float a, float) { return std::sinh(a); }},
    {"cosh", [](float a, float) { return std::cosh(a); }},
    {"asinh", [](float a, float) { return std::asinh(a); }},
    {"acosh", [](float a, float) { return std::acosh(a); }},
    {"atanh", [](float a, float) { return std::atanh(a); }},
};

float (*FindScalar(std::string_view name))(float, float) {
  const auto found = std::ranges::find(kScalarFunctions, name, &ScalarFunction::name);
  return found == std::end(kScalarFunctions) ? nullptr : found->function;
}

}  // namespace

bool Combine::Has(std::string_view function) {
  return HWY_DYNAMIC_DISPATCH(FindRows)(function) != nullptr || FindScalar(function) != nullptr;
}

Combine::Combine(std::string_view function, std::span<const size_t> widths, size_t outputs)
    : rows_(HWY_DYNAMIC_DISPATCH(FindRows)(function)),
      scalar_(FindScalar(function)),
      arity_(widths.size()),
      outputs_(outputs) {
  HILLOCK_CHECK(rows_ != nullptr || scalar_ != nullptr);
  std::ranges::transform(widths, wide_.begin(), [&](size_t width) { return width == outputs; });
}

void Combine::Run(Sources sources, float* dst, size_t rows) const noexcept {
  Operands x{{}, wide_};
  std::ranges::copy(sources, x.data.begin());
  if (rows_ != nullptr) return rows_(x, dst, rows, outputs_);
  RunScalar(x, dst, rows);
}

void Combine::RunScalar(const Operands& x, float* dst, size_t rows) const noexcept {
  const size_t second = arity_ > 1 ? 1 : 0;  // one that is there, in place of none
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < outputs_; ++c) {
      const auto at = [&](size_t k) { return x.data[k][x.wide[k] ? r * outputs_ + c : r]; };
      dst[r * outputs_ + c] = scalar_(at(0), at(second));
    }
  }
}

}  // namespace hillock::kernel::row
#endif  // HWY_ONCE
