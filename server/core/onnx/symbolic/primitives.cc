// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "server/core/onnx/symbolic/expression.h"

namespace hillock::onnx {
namespace {

using D = double;

constexpr bool kSmooth = false;
constexpr bool kKinked = true;

constexpr Primitive kPrimitives[] = {
    {"Abs", 1, [](D a, D, D) { return std::abs(a); }, kKinked, "abs"},
    {"Sign", 1, [](D a, D, D) { return a > 0   ? 1.0
                                       : a < 0 ? -1.0
                                               : a; }, kKinked, "sign"},
    {"Exp", 1, [](D a, D, D) { return std::exp(a); }, kSmooth, "exp"},
    {"Log", 1, [](D a, D, D) { return std::log(a); }, kSmooth, "log"},
    {"Sqrt", 1, [](D a, D, D) { return std::sqrt(a); }, kSmooth, "sqrt"},
    {"Erf", 1, [](D a, D, D) { return std::erf(a); }, kSmooth, "erf"},
    {"Cos", 1, [](D a, D, D) { return std::cos(a); }, kSmooth, "cos"},
    {"Reciprocal", 1, [](D a, D, D) { return 1 / a; }, kSmooth, "reciprocal"},
    {"Not", 1, [](D a, D, D) { return a == 0 ? 1.0 : 0.0; }, kSmooth, "not"},
    {"Add", 2, [](D a, D b, D) { return a + b; }, kSmooth, "add"},
    {"Sub", 2, [](D a, D b, D) { return a - b; }, kSmooth, "sub"},
    {"Mul", 2, [](D a, D b, D) { return a * b; }, kSmooth, "mul"},
    {"Div", 2, [](D a, D b, D) { return a / b; }, kSmooth, "div"},
    {"Pow", 2, [](D a, D b, D) { return std::pow(a, b); }, kSmooth, "pow"},
    {"Max", 2, [](D a, D b, D) { return std::max(a, b); }, kKinked, "max"},
    {"Min", 2, [](D a, D b, D) { return std::min(a, b); }, kKinked, "min"},
    {"Greater", 2, [](D a, D b, D) { return a > b ? 1.0 : 0.0; }, kKinked, "greater"},
    {"GreaterOrEqual", 2, [](D a, D b, D) { return a >= b ? 1.0 : 0.0; }, kKinked,
     "greater_or_equal"},
    {"Less", 2, [](D a, D b, D) { return a < b ? 1.0 : 0.0; }, kKinked, "less"},
    {"LessOrEqual", 2, [](D a, D b, D) { return a <= b ? 1.0 : 0.0; }, kKinked, "less_or_equal"},
    {"And", 2, [](D a, D b, D) { return a != 0 && b != 0 ? 1.0 : 0.0; }, kSmooth, "and"},
    {"Or", 2, [](D a, D b, D) { return a != 0 || b != 0 ? 1.0 : 0.0; }, kSmooth, "or"},
    {"Where", 3, [](D a, D b, D c) { return a != 0 ? b : c; }, kSmooth, "where"},
};

}  // namespace

const Primitive* FindPrimitive(std::string_view op) {
  const auto* const it = std::ranges::find(kPrimitives, op, &Primitive::op);
  return it == std::end(kPrimitives) ? nullptr : it;
}

}  // namespace hillock::onnx
