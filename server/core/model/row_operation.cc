// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/row_operation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <type_traits>

#include "server/core/model/function_operator.h"

namespace hillock::model {
namespace {

using D = double;
using Elements = std::span<const double>;

constexpr bool kMayBeNonFinite = true;

double Truth(bool value) { return value ? 1 : 0; }

constexpr Function kFunctions[] = {
    {"copy", 1, [](D a, D, D) { return a; }},
    {"add", 2, [](D a, D b, D) { return a + b; }},
    {"sub", 2, [](D a, D b, D) { return a - b; }},
    {"mul", 2, [](D a, D b, D) { return a * b; }},
    {"div", 2, [](D a, D b, D) { return a / b; }, kMayBeNonFinite},
    {"pow", 2, [](D a, D b, D) { return std::pow(a, b); }, kMayBeNonFinite},
    {"fmod", 2, [](D a, D b, D) { return std::fmod(a, b); }, kMayBeNonFinite},
    {"mod", 2, [](D a, D b, D) { return a - b * std::floor(a / b); }, kMayBeNonFinite},
    {"atan2", 2, [](D a, D b, D) { return std::atan2(a, b); }},
    // NaN in either operand gives NaN, as ONNX has it.
    {"min", 2, [](D a, D b, D) { return std::isnan(a) || a < b ? a : b; }},
    {"max", 2, [](D a, D b, D) { return std::isnan(a) || a > b ? a : b; }},
    {"equal", 2, [](D a, D b, D) { return Truth(a == b); }},
    {"greater", 2, [](D a, D b, D) { return Truth(a > b); }},
    {"greater_or_equal", 2, [](D a, D b, D) { return Truth(a >= b); }},
    {"less", 2, [](D a, D b, D) { return Truth(a < b); }},
    {"less_or_equal", 2, [](D a, D b, D) { return Truth(a <= b); }},
    {"and", 2, [](D a, D b, D) { return Truth(a != 0 && b != 0); }},
    {"or", 2, [](D a, D b, D) { return Truth(a != 0 || b != 0); }},
    {"xor", 2, [](D a, D b, D) { return Truth((a != 0) != (b != 0)); }},
    {"where", 3, [](D a, D b, D c) { return a != 0 ? b : c; }},
    {"not", 1, [](D a, D, D) { return Truth(a == 0); }},
    {"is_nan", 1, [](D a, D, D) { return Truth(std::isnan(a)); }},
    {"is_inf", 1, [](D a, D, D) { return Truth(std::isinf(a)); }},
    {"sign", 1, [](D a, D, D) { return a > 0   ? 1.0
                                       : a < 0 ? -1.0
                                               : a; }},
    {"round", 1, [](D a, D, D) { return std::nearbyint(a); }},  // half to even
    {"floor", 1, [](D a, D, D) { return std::floor(a); }},
    {"ceil", 1, [](D a, D, D) { return std::ceil(a); }},
    {"trunc", 1, [](D a, D, D) { return std::trunc(a); }},
    {"tan", 1, [](D a, D, D) { return std::tan(a); }},
    {"asin", 1, [](D a, D, D) { return std::asin(a); }, kMayBeNonFinite},
    {"acos", 1, [](D a, D, D) { return std::acos(a); }, kMayBeNonFinite},
    {"sinh", 1, [](D a, D, D) { return std::sinh(a); }},
    {"cosh", 1, [](D a, D, D) { return std::cosh(a); }},
    {"asinh", 1, [](D a, D, D) { return std::asinh(a); }},
    {"acosh", 1, [](D a, D, D) { return std::acosh(a); }, kMayBeNonFinite},
    {"atanh", 1, [](D a, D, D) { return std::atanh(a); }, kMayBeNonFinite},
};

constexpr bool kGivesBool = true;

constexpr FunctionOperator kFunctionOperators[] = {
    {"IsNaN", "is_nan", kGivesBool},
    {"IsInf", "is_inf", kGivesBool},
    {"Equal", "equal", kGivesBool},
    {"Xor", "xor", kGivesBool},
    {"Round", "round"},
    {"Floor", "floor"},
    {"Ceil", "ceil"},
    {"Tan", "tan"},
    {"Asin", "asin"},
    {"Acos", "acos"},
    {"Sinh", "sinh"},
    {"Cosh", "cosh"},
    {"Asinh", "asinh"},
    {"Acosh", "acosh"},
    {"Atanh", "atanh"},
};

template <class Add>
double Fold(Elements x, double start, Add add) {
  for (const double value : x) start = add(start, value);
  return start;
}

double Sum(Elements x) {
  return Fold(x, 0, [](D s, D v) { return s + v; });
}
double SumOfSquares(Elements x) {
  return Fold(x, 0, [](D s, D v) { return s + v * v; });
}
double Min(Elements x) {
  return Fold(x, x[0], [](D s, D v) { return std::isnan(s) || s < v ? s : v; });
}
double Max(Elements x) {
  return Fold(x, x[0], [](D s, D v) { return std::isnan(s) || s > v ? s : v; });
}

double LogSumExp(Elements x) {
  const double max = Max(x);
  if (std::isinf(max)) return max;
  return max + std::log(Fold(x, 0, [&](D s, D v) { return s + std::exp(v - max); }));
}

// The first of equal ones.
template <class Better>
double Position(Elements x, Better better) {
  size_t best = 0;
  for (size_t i = 1; i < x.size(); ++i) {
    if (better(x[i], x[best])) best = i;
  }
  return static_cast<double>(best);
}

constexpr Reduction kReductions[] = {
    {"sum", Sum},
    {"mean", [](Elements x) { return Sum(x) / static_cast<double>(x.size()); }},
    {"min", Min},
    {"max", Max},
    {"prod", [](Elements x) { return Fold(x, 1, [](D s, D v) { return s * v; }); }},
    {"l1", [](Elements x) { return Fold(x, 0, [](D s, D v) { return s + std::abs(v); }); }},
    {"l2", [](Elements x) { return std::sqrt(SumOfSquares(x)); }},
    {"sum_square", SumOfSquares},
    {"log_sum", [](Elements x) { return std::log(Sum(x)); }, kMayBeNonFinite},
    {"log_sum_exp", LogSumExp},
    {"argmax", [](Elements x) { return Position(x, [](D a, D b) { return a > b; }); }},
    {"argmin", [](Elements x) { return Position(x, [](D a, D b) { return a < b; }); }},
    {"argmax_last", [](Elements x) { return Position(x, [](D a, D b) { return a >= b; }); }},
    {"argmin_last", [](Elements x) { return Position(x, [](D a, D b) { return a <= b; }); }},
};

template <class Row>
const Row* Named(std::span<const Row> rows, std::string_view name) {
  const auto row = std::ranges::find(rows, name, &Row::name);
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

std::span<const Function> Functions() { return kFunctions; }
std::span<const FunctionOperator> FunctionOperators() { return kFunctionOperators; }
std::span<const Reduction> Reductions() { return kReductions; }

const Function* FindFunction(std::string_view name) { return Named(Functions(), name); }
const FunctionOperator* FindFunctionOperator(std::string_view op) {
  const auto* const row = std::ranges::find(kFunctionOperators, op, &FunctionOperator::op);
  return row == std::end(kFunctionOperators) ? nullptr : row;
}
const Reduction* FindReduction(std::string_view name) { return Named(Reductions(), name); }

std::string_view NameOf(const RowOperation& operation) {
  constexpr std::array<std::string_view, std::variant_size_v<RowOperation>> kNames = {
      "scale",     "select", "combine",  "reduce",
      "normalize", "lookup", "constant", "dynamic_quantize"};
  if (const auto* const combine = std::get_if<Combine>(&operation)) return combine->function->name;
  if (const auto* const reduce = std::get_if<Reduce>(&operation)) return reduce->reduction->name;
  return kNames[operation.index()];
}

bool MayBeNonFinite(const RowOperation& operation) {
  if (const auto* const combine = std::get_if<Combine>(&operation)) {
    return combine->function->may_be_non_finite;
  }
  if (const auto* const reduce = std::get_if<Reduce>(&operation)) {
    return reduce->reduction->may_be_non_finite;
  }
  return false;
}

}  // namespace hillock::model
