// SPDX-License-Identifier: Apache-2.0

// Constants, and what is the same for each row.

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

Outcome Constant(const Call& call) {
  if (const AttributeView* const value = call.node.Find("value"); value && value->tensor) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor tensor, TensorOf(call, *value));
    return ValueOf(std::move(tensor));
  }
  if (const AttributeView* const value = call.node.Find("value_float")) {
    return ValueOf(Scalar(value->real.value_or(0)));
  }
  if (const AttributeView* const value = call.node.Find("value_int")) {
    return ValueOf(WithShape(IntegerVector({value->integer.value_or(0)}), {}));
  }
  if (const AttributeView* const value = call.node.Find("value_ints")) {
    HILLOCK_ASSIGN_OR_RETURN(Shape integers, value->Integers());
    return ValueOf(IntegerVector(std::move(integers)));
  }
  if (const AttributeView* const value = call.node.Find("value_floats")) {
    Tensor tensor;
    HILLOCK_ASSIGN_OR_RETURN(tensor.floats, value->Reals());
    tensor.shape = {static_cast<int64_t>(tensor.floats.size())};
    return ValueOf(std::move(tensor));
  }
  return absl::UnimplementedError("has no value of a type that is read");
}

Outcome ConstantOfShape(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Tensor wanted, call.TensorAt(0));
  const Shape& shape = wanted.integers;
  Tensor value = Scalar(0);
  const AttributeView* const given = call.node.Find("value");
  if (given != nullptr && given->tensor) {
    HILLOCK_ASSIGN_OR_RETURN(value, TensorOf(call, *given));
  }
  if (value.size() != 1) return absl::InvalidArgumentError("has no single value");
  HILLOCK_RETURN_IF_ERROR(ElementCount(RowShape(shape)).status());
  if (BatchAxis(shape)) {
    HILLOCK_ASSIGN_OR_RETURN(const double number, NumberAt(value, 0));
    return RowGraph::Constant({number}, shape, TypeOf(value));
  }
  HILLOCK_ASSIGN_OR_RETURN(Tensor filled,
                           PickedTensor(call.budget, value, shape, [](size_t) { return 0; }));
  return ValueOf(std::move(filled));
}

Outcome Range(const Call& call) {
  double limits[3] = {};
  bool floats = false;
  for (size_t i = 0; i < 3; ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const Tensor limit, call.TensorAt(i));
    if (limit.size() != 1) return absl::InvalidArgumentError("has limits that are no numbers");
    HILLOCK_ASSIGN_OR_RETURN(limits[i], NumberAt(limit, 0));
    floats = floats || limit.kind == Tensor::Kind::kFloats;
  }
  const double count = std::ceil((limits[1] - limits[0]) / limits[2]);
  if (!(count >= 0 && count < kExactIntegers)) {
    return absl::InvalidArgumentError(fmt::format("makes {} numbers", count));
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(static_cast<size_t>(count), sizeof(int64_t)));
  Tensor range{.kind = floats ? Tensor::Kind::kFloats : Tensor::Kind::kIntegers,
               .shape = {static_cast<int64_t>(count)}};
  for (double i = 0; i < count; ++i) {
    const double value = limits[0] + i * limits[2];
    if (floats) range.floats.push_back(static_cast<float>(value));
    if (!floats) range.integers.push_back(static_cast<int64_t>(value));
  }
  return ValueOf(std::move(range));
}

constexpr OperatorRow kRows[] = {
    {"", "Constant", Constant},
    {"", "ConstantOfShape", ConstantOfShape},
    {"", "Range", Range},
};

}  // namespace

std::span<const OperatorRow> ConstantOperators() { return kRows; }

}  // namespace hillock::onnx
