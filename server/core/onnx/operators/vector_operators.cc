// Vectors that are made, joined or cut: of constants, and of rows as far as classifiers do so.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

absl::StatusOr<Tensor> Constant(ConstantCall& call) {
  if (const AttributeView* const value = call.node.Find("value"); value && value->tensor) {
    HILLOCK_ASSIGN_OR_RETURN(const TensorView view, ParseTensor(*value->tensor));
    const ExternalFile none = [](std::string_view) -> absl::StatusOr<std::string_view> {
      return absl::UnimplementedError("keeps its value in another file");
    };
    return ReadTensor(view, none, call.budget);
  }
  if (const AttributeView* const value = call.node.Find("value_float")) {
    return Scalar(value->real.value_or(0));
  }
  if (const AttributeView* const value = call.node.Find("value_int")) {
    return WithShape(IntegerVector({value->integer.value_or(0)}), {});
  }
  if (const AttributeView* const value = call.node.Find("value_ints")) {
    HILLOCK_ASSIGN_OR_RETURN(Shape integers, value->Integers());
    return IntegerVector(std::move(integers));
  }
  if (const AttributeView* const value = call.node.Find("value_floats")) {
    Tensor tensor;
    HILLOCK_ASSIGN_OR_RETURN(tensor.floats, value->Reals());
    tensor.shape = {static_cast<int64_t>(tensor.floats.size())};
    return tensor;
  }
  return absl::UnimplementedError("has no value of a type that is read");
}

absl::StatusOr<Tensor> ConstantOfShape(ConstantCall& call) {
  Tensor value = Scalar(0);
  if (call.node.Find("value") != nullptr) {
    HILLOCK_ASSIGN_OR_RETURN(value, Constant(call));
  }
  if (value.size() != 1) return absl::InvalidArgumentError("has no single value");
  Shape shape = call.input(0).integers;
  // Every row gets the same, so that one stands for all.
  if (!shape.empty() && shape.front() == kBatch) shape.front() = 1;
  return Picked(call, value, shape, [](size_t) { return 0; });
}

// 1 - p, for p.
bool IsComplement(const Rows& q, const Rows& p) {
  return q.value.atom == p.value.atom && p.value.map == ScaleShift{} &&
         q.value.map == ScaleShift{{-1}, {1}};
}

absl::StatusOr<GraphValue> ConcatOfRows(const Call& call) {
  if (call.node.inputs.size() == 1) return PassThrough(call);
  if (call.node.inputs.size() == 2 && call.IsRows(0) && call.IsRows(1)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows q, call.RowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(const Rows p, call.RowsAt(1));
    HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                             FromFront(call.node.Integer("axis", 1), p.dims.size() + 1));
    if (IsComplement(q, p) && axis == p.dims.size() && p.dims == std::vector<int64_t>{1}) {
      HILLOCK_ASSIGN_OR_RETURN(Rows both, call.tree.AddComplement(p));
      return both;
    }
  }
  return absl::UnimplementedError("joins branches of the graph: an MLP is a tree of layers");
}

absl::StatusOr<Tensor> ConcatOfConstants(ConstantCall& call) {
  Tensor joined = std::move(call.input(0));
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", 1), joined.shape.size()));
  const size_t ones = static_cast<size_t>(std::ranges::count(joined.shape, 1));
  if (ones + 1 < joined.shape.size() || (ones < joined.shape.size() && joined.shape[axis] == 1)) {
    return absl::UnimplementedError("joins constants that are no vectors");
  }
  for (size_t i = 1; i < call.inputs.size(); ++i) {
    const Tensor& next = call.input(i);
    Shape want = joined.shape;
    if (next.shape.size() == want.size()) want[axis] = next.shape[axis];
    if (next.kind != joined.kind || next.shape != want) {
      return absl::InvalidArgumentError(
          fmt::format("joins shapes {} and {}", ShapeText(joined.shape), ShapeText(next.shape)));
    }
    HILLOCK_RETURN_IF_ERROR(next.Charge(call.budget));
    joined.shape[axis] += next.shape[axis];
    joined.floats.insert(joined.floats.end(), next.floats.begin(), next.floats.end());
    joined.integers.insert(joined.integers.end(), next.integers.begin(), next.integers.end());
    joined.strings.insert(joined.strings.end(), next.strings.begin(), next.strings.end());
  }
  return joined;
}

absl::StatusOr<Tensor> GatherOfConstants(ConstantCall& call) {
  const Tensor& from = call.input(0);
  const Tensor& indices = call.input(1);
  if (from.shape.size() != 1 || indices.kind != Tensor::Kind::kIntegers) {
    return absl::UnimplementedError("picks from a constant that is no vector");
  }
  std::vector<size_t> at;
  for (const int64_t index : indices.integers) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t front, FromFront(index, from.size()));
    at.push_back(front);
  }
  return Picked(call, from, indices.shape, [&](size_t i) { return at[i]; });
}

// Of vectors with step 1, which is what shapes are cut with.
absl::StatusOr<Tensor> Slice(ConstantCall& call) {
  const Tensor& from = call.input(0);
  HILLOCK_ASSIGN_OR_RETURN(const auto starts, call.Integers(1, "starts"));
  HILLOCK_ASSIGN_OR_RETURN(const auto ends, call.Integers(2, "ends"));
  const bool steps = call.Has(4) && call.input(4).integers != Shape{1};
  if (from.shape.size() != 1 || !starts || !ends || starts->size() != 1 || ends->size() != 1 ||
      steps) {
    return absl::UnimplementedError("cuts a constant that is no vector, or in steps");
  }
  const int64_t size = from.shape[0];
  const auto clamp = [&](int64_t i) {
    return static_cast<size_t>(std::clamp<int64_t>(i < 0 ? std::max(i, -size) + size : i, 0, size));
  };
  const size_t first = clamp(starts->front());
  const size_t last = std::max(first, clamp(ends->front()));
  return Picked(call, from, {static_cast<int64_t>(last - first)},
                [&](size_t i) { return first + i; });
}

absl::StatusOr<Tensor> Expand(ConstantCall& call) {
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Broadcast(call.input(0).shape, call.input(1).integers));
  HILLOCK_RETURN_IF_ERROR(ElementCount(shape).status());
  const Shape strides = BroadcastStrides(call.input(0).shape, shape);
  return Picked(call, call.input(0), shape, [&](size_t i) { return Offset(shape, strides, i); });
}

constexpr OperatorRow kRows[] = {
    {"", "Constant", nullptr, Constant, 0},
    {"", "ConstantOfShape", nullptr, ConstantOfShape, 1},
    {"", "Concat", ConcatOfRows, ConcatOfConstants, 1},
    {"", "Gather", PickClass, GatherOfConstants, 2},
    {"", "Slice", nullptr, Slice, 1},
    {"", "Expand", nullptr, Expand, 2},
};

}  // namespace

std::span<const OperatorRow> VectorOperators() { return kRows; }

}  // namespace hillock::onnx
