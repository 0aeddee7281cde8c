// Operators that change how values are numbered, never which row they are in nor, but for casts,
// what they are.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

// The whole shape of rows, the batch included, and back.
Shape WithBatch(const Rows& x) {
  Shape shape = x.dims;
  shape.insert(shape.begin(), kBatch);
  return shape;
}

absl::StatusOr<GraphValue> RowsWithShape(const Rows& x, Shape shape) {
  if (shape.empty() || shape.front() != kBatch) {
    return absl::UnimplementedError(fmt::format("moves values from row to row: shape {} becomes {}",
                                                ShapeText(WithBatch(x)), ShapeText(shape)));
  }
  shape.erase(shape.begin());
  return Rows{x.value, std::move(shape)};
}

bool IsFloatType(int64_t type) {
  switch (static_cast<DataType>(type)) {
    case DataType::kFloat:
    case DataType::kDouble:
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return true;
    default:
      return false;
  }
}

// Whether the values are all 0 or 1, so that they survive as integers.
bool IsTruth(const Call& call, const Rows& x) {
  const Primitive* const primitive = call.tree.expression()[x.value.atom].primitive;
  if (primitive == nullptr || !(x.value.map == ScaleShift{})) return false;
  for (const std::string_view op :
       {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"}) {
    if (primitive->op == op) return true;
  }
  return false;
}

// A size in a shape that stands for the batch: files made with a fixed batch have its number there.
absl::StatusOr<GraphValue> ReshapeTo(const Rows& x, Shape wanted, bool zero_copies) {
  const Shape from = WithBatch(x);
  auto to = Reshaped(from, wanted, zero_copies);
  if (!to.ok() && !wanted.empty() && wanted.front() > 0) {
    wanted.front() = kBatch;
    to = Reshaped(from, wanted, zero_copies);
  }
  if (to.ok()) return RowsWithShape(x, *std::move(to));
  if (std::ranges::count(wanted, -1) == 0) return to.status();
  return absl::UnimplementedError(fmt::format("moves values from row to row: shape {} becomes {}",
                                              ShapeText(from), ShapeText(wanted)));
}

absl::StatusOr<GraphValue> CastOfRows(const Call& call) {
  if (!call.IsRows(0)) return PassThrough(call);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  const int64_t to = call.node.Integer("to", 0);
  if (IsFloatType(to) || IsTruth(call, x)) return x;
  return absl::UnimplementedError(fmt::format("rounds values of the rows to ONNX type {}", to));
}

absl::StatusOr<GraphValue> FlattenOfRows(const Call& call) {
  if (call.IsLabel(0)) return call.SingleLabelAt(0);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Flattened(WithBatch(x), call.node.Integer("axis", 1)));
  return RowsWithShape(x, std::move(shape));
}

absl::StatusOr<GraphValue> ReshapeOfRows(const Call& call) {
  if (call.IsLabel(0)) return call.SingleLabelAt(0);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(auto wanted, call.Integers(1, "shape"));
  if (!wanted) return absl::InvalidArgumentError("has no shape");
  return ReshapeTo(x, *std::move(wanted), call.node.Integer("allowzero", 0) == 0);
}

absl::StatusOr<GraphValue> SqueezeOfRows(const Call& call) {
  if (call.IsLabel(0)) return call.SingleLabelAt(0);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, call.Integers(1, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Squeezed(WithBatch(x), axes));
  return RowsWithShape(x, std::move(shape));
}

absl::StatusOr<GraphValue> UnsqueezeOfRows(const Call& call) {
  if (call.IsLabel(0)) return call.SingleLabelAt(0);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, call.Integers(1, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Unsqueezed(WithBatch(x), axes.value_or(Shape())));
  return RowsWithShape(x, std::move(shape));
}

absl::StatusOr<GraphValue> TransposeOfRows(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto perm, call.Integers(1, "perm"));
  if (!perm) return absl::UnimplementedError("transposes the rows");
  const Shape from = WithBatch(x);
  HILLOCK_RETURN_IF_ERROR(CheckPermutation(*perm, from));
  Shape to;
  size_t last = 0;
  for (const int64_t axis : *perm) {
    const auto at = static_cast<size_t>(axis);
    to.push_back(from[at]);
    if (from[at] == 1) continue;
    if (at < last) return absl::UnimplementedError("transposes the rows");
    last = at;
  }
  return RowsWithShape(x, std::move(to));
}

absl::StatusOr<GraphValue> ShapeOfRows(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  if (call.node.Find("start") != nullptr || call.node.Find("end") != nullptr) {
    return absl::UnimplementedError("takes a part of a shape");
  }
  return std::make_shared<const Tensor>(IntegerVector(WithBatch(x)));
}

absl::StatusOr<Tensor> Same(ConstantCall& call) { return std::move(call.input(0)); }

Tensor ToFloats(Tensor tensor) {
  if (tensor.kind != Tensor::Kind::kIntegers) return tensor;
  tensor.kind = Tensor::Kind::kFloats;
  tensor.floats.assign(tensor.integers.begin(), tensor.integers.end());
  tensor.integers.clear();
  return tensor;
}

absl::StatusOr<Tensor> ToIntegers(Tensor tensor) {
  if (tensor.kind != Tensor::Kind::kFloats) return tensor;
  tensor.kind = Tensor::Kind::kIntegers;
  for (const float value : tensor.floats) {
    if (!(std::abs(double{value}) < kExactIntegers)) {
      return absl::InvalidArgumentError(fmt::format("casts {} to an integer", value));
    }
    tensor.integers.push_back(static_cast<int64_t>(value));
  }
  tensor.floats.clear();
  return tensor;
}

absl::StatusOr<Tensor> CastOfConstants(ConstantCall& call) {
  switch (static_cast<DataType>(call.node.Integer("to", 0))) {
    case DataType::kFloat:
    case DataType::kDouble:
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return ToFloats(std::move(call.input(0)));
    case DataType::kString:
      return absl::UnimplementedError("casts to strings");
    default:
      return ToIntegers(std::move(call.input(0)));
  }
}

absl::StatusOr<Tensor> CastLikeOfConstants(ConstantCall& call) {
  Tensor& from = call.input(0);
  return call.input(1).kind == Tensor::Kind::kFloats ? ToFloats(std::move(from))
                                                     : ToIntegers(std::move(from));
}

absl::StatusOr<Tensor> ShapeOfConstants(ConstantCall& call) {
  return IntegerVector(call.input(0).shape);
}

absl::StatusOr<Tensor> ReshapeOfConstants(ConstantCall& call) {
  HILLOCK_ASSIGN_OR_RETURN(const auto wanted, call.Integers(1, "shape"));
  if (!wanted) return absl::InvalidArgumentError("has no shape");
  const bool zero_copies = call.node.Integer("allowzero", 0) == 0;
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Reshaped(call.input(0).shape, *wanted, zero_copies));
  return WithShape(std::move(call.input(0)), std::move(shape));
}

absl::StatusOr<Tensor> FlattenOfConstants(ConstantCall& call) {
  HILLOCK_ASSIGN_OR_RETURN(Shape shape,
                           Flattened(call.input(0).shape, call.node.Integer("axis", 1)));
  return WithShape(std::move(call.input(0)), std::move(shape));
}

absl::StatusOr<Tensor> SqueezeOfConstants(ConstantCall& call) {
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, call.Integers(1, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Squeezed(call.input(0).shape, axes));
  return WithShape(std::move(call.input(0)), std::move(shape));
}

absl::StatusOr<Tensor> UnsqueezeOfConstants(ConstantCall& call) {
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, call.Integers(1, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Unsqueezed(call.input(0).shape, axes.value_or(Shape())));
  return WithShape(std::move(call.input(0)), std::move(shape));
}

absl::StatusOr<Tensor> TransposeOfConstants(ConstantCall& call) {
  const Tensor& from = call.input(0);
  HILLOCK_ASSIGN_OR_RETURN(auto perm, call.Integers(1, "perm"));
  if (!perm) {
    perm.emplace();
    for (size_t i = from.shape.size(); i-- > 0;) perm->push_back(static_cast<int64_t>(i));
  }
  HILLOCK_RETURN_IF_ERROR(CheckPermutation(*perm, from.shape));
  if (from.kind == Tensor::Kind::kFloats && *perm == Shape{1, 0}) {
    HILLOCK_RETURN_IF_ERROR(call.budget.Take(from.size(), sizeof(float)));
    Tensor turned{.shape = {from.shape[1], from.shape[0]}};
    turned.floats = Transposed(from.floats, static_cast<size_t>(from.shape[0]),
                               static_cast<size_t>(from.shape[1]));
    return turned;
  }
  const Shape strides = Strides(from.shape);
  Shape shape;
  Shape moved;
  for (const int64_t axis : *perm) {
    shape.push_back(from.shape[static_cast<size_t>(axis)]);
    moved.push_back(strides[static_cast<size_t>(axis)]);
  }
  return Picked(call, from, shape, [&](size_t i) { return Offset(shape, moved, i); });
}

constexpr OperatorRow kRows[] = {
    {"", "Identity", PassThrough, Same, 1},
    {"", "Dropout", PassThrough, Same, 1},
    {"", "CastLike", PassThrough, CastLikeOfConstants, 2},
    {"", "Cast", CastOfRows, CastOfConstants, 1},
    {"", "Flatten", FlattenOfRows, FlattenOfConstants, 1},
    {"", "Reshape", ReshapeOfRows, ReshapeOfConstants, 1},
    {"", "Squeeze", SqueezeOfRows, SqueezeOfConstants, 1},
    {"", "Unsqueeze", UnsqueezeOfRows, UnsqueezeOfConstants, 1},
    {"", "Transpose", TransposeOfRows, TransposeOfConstants, 1},
    {"", "Shape", ShapeOfRows, ShapeOfConstants, 1},
};

}  // namespace

absl::StatusOr<GraphValue> PassThrough(const Call& call) {
  if (call.node.op == "Dropout" && call.Has(2)) {
    HILLOCK_ASSIGN_OR_RETURN(const Tensor training, call.TensorAt(2));
    if (training.is_scalar() && training.integers == std::vector<int64_t>{1}) {
      return absl::UnimplementedError("is in training mode");
    }
  }
  const GraphValue* const value = call.values.Find(call.node.input(0));
  if (value != nullptr) return *value;
  return absl::InvalidArgumentError("leaves input 0 out, which it needs");
}

std::span<const OperatorRow> ShapeOperators() { return kRows; }

}  // namespace hillock::onnx
