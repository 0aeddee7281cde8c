#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

// The whole shape of rows, the batch included, and back.
Shape WithBatch(const Rows& x) {
  Shape shape = x.dims;
  shape.insert(shape.begin(), kBatch);
  return shape;
}

absl::StatusOr<GraphValue> WithShape(const Rows& x, Shape shape) {
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
  if (primitive == nullptr || !(x.value.affine == ScaleShift{})) return false;
  for (const std::string_view op :
       {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"}) {
    if (primitive->op == op) return true;
  }
  return false;
}

// A size in a shape that stands for the batch: files made with a fixed batch have its number there.
absl::StatusOr<GraphValue> Reshape(const Rows& x, Shape wanted, bool zero_copies) {
  const Shape from = WithBatch(x);
  auto to = Reshaped(from, wanted, zero_copies);
  if (!to.ok() && !wanted.empty() && wanted.front() > 0) {
    wanted.front() = kBatch;
    to = Reshaped(from, wanted, zero_copies);
  }
  if (to.ok()) return WithShape(x, *std::move(to));
  if (std::ranges::count(wanted, -1) == 0) return to.status();
  return absl::UnimplementedError(fmt::format("moves values from row to row: shape {} becomes {}",
                                              ShapeText(from), ShapeText(wanted)));
}

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

absl::StatusOr<GraphValue> CastRows(const Call& call) {
  if (!call.IsRows(0)) return PassThrough(call);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  const int64_t to = call.node.Integer("to", 0);
  if (IsFloatType(to) || IsTruth(call, x)) return x;
  return absl::UnimplementedError(fmt::format("rounds values of the rows to ONNX type {}", to));
}

absl::StatusOr<GraphValue> FlattenRows(const Call& call) {
  if (call.IsLabel(0)) return call.SingleLabelAt(0);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Flattened(WithBatch(x), call.node.Integer("axis", 1)));
  return WithShape(x, std::move(shape));
}

absl::StatusOr<GraphValue> ReshapeRows(const Call& call) {
  if (call.IsLabel(0)) return call.SingleLabelAt(0);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(auto wanted, call.Integers(1, "shape"));
  if (!wanted) return absl::InvalidArgumentError("has no shape");
  return Reshape(x, *std::move(wanted), call.node.Integer("allowzero", 0) == 0);
}

absl::StatusOr<GraphValue> SqueezeRows(const Call& call) {
  if (call.IsLabel(0)) return call.SingleLabelAt(0);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, call.Integers(1, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Squeezed(WithBatch(x), axes));
  return WithShape(x, std::move(shape));
}

absl::StatusOr<GraphValue> UnsqueezeRows(const Call& call) {
  if (call.IsLabel(0)) return call.SingleLabelAt(0);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, call.Integers(1, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Unsqueezed(WithBatch(x), axes.value_or(Shape())));
  return WithShape(x, std::move(shape));
}

absl::StatusOr<GraphValue> TransposeRows(const Call& call) {
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
  return WithShape(x, std::move(to));
}

absl::StatusOr<GraphValue> ShapeOfRows(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  if (call.node.Find("start") != nullptr || call.node.Find("end") != nullptr) {
    return absl::UnimplementedError("takes a part of a shape");
  }
  return std::make_shared<const Tensor>(IntegerVector(WithBatch(x)));
}

}  // namespace hillock::onnx
