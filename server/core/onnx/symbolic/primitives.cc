#include <algorithm>
#include <cmath>

#include "server/core/onnx/symbolic/expression.h"

namespace hillock::onnx {
namespace {

using D = double;

constexpr bool kSmooth = false;
constexpr bool kKinked = true;

constexpr Primitive kPrimitives[] = {
    {"Abs", 1, [](D a, D, D) { return std::abs(a); }, kKinked},
    {"Sign", 1, [](D a, D, D) { return a > 0   ? 1.0
                                       : a < 0 ? -1.0
                                               : a; }, kKinked},
    {"Exp", 1, [](D a, D, D) { return std::exp(a); }, kSmooth},
    {"Log", 1, [](D a, D, D) { return std::log(a); }, kSmooth},
    {"Sqrt", 1, [](D a, D, D) { return std::sqrt(a); }, kSmooth},
    {"Erf", 1, [](D a, D, D) { return std::erf(a); }, kSmooth},
    {"Cos", 1, [](D a, D, D) { return std::cos(a); }, kSmooth},
    {"Reciprocal", 1, [](D a, D, D) { return 1 / a; }, kSmooth},
    {"Not", 1, [](D a, D, D) { return a == 0 ? 1.0 : 0.0; }, kSmooth},
    {"Add", 2, [](D a, D b, D) { return a + b; }, kSmooth},
    {"Sub", 2, [](D a, D b, D) { return a - b; }, kSmooth},
    {"Mul", 2, [](D a, D b, D) { return a * b; }, kSmooth},
    {"Div", 2, [](D a, D b, D) { return a / b; }, kSmooth},
    {"Pow", 2, [](D a, D b, D) { return std::pow(a, b); }, kSmooth},
    {"Max", 2, [](D a, D b, D) { return std::max(a, b); }, kKinked},
    {"Min", 2, [](D a, D b, D) { return std::min(a, b); }, kKinked},
    {"Greater", 2, [](D a, D b, D) { return a > b ? 1.0 : 0.0; }, kKinked},
    {"GreaterOrEqual", 2, [](D a, D b, D) { return a >= b ? 1.0 : 0.0; }, kKinked},
    {"Less", 2, [](D a, D b, D) { return a < b ? 1.0 : 0.0; }, kKinked},
    {"LessOrEqual", 2, [](D a, D b, D) { return a <= b ? 1.0 : 0.0; }, kKinked},
    {"And", 2, [](D a, D b, D) { return a != 0 && b != 0 ? 1.0 : 0.0; }, kSmooth},
    {"Or", 2, [](D a, D b, D) { return a != 0 || b != 0 ? 1.0 : 0.0; }, kSmooth},
    {"Where", 3, [](D a, D b, D c) { return a != 0 ? b : c; }, kSmooth},
};

}  // namespace

const Primitive* FindPrimitive(std::string_view op) {
  const auto* const it = std::ranges::find(kPrimitives, op, &Primitive::op);
  return it == std::end(kPrimitives) ? nullptr : it;
}

}  // namespace hillock::onnx
