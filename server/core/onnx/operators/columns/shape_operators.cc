// SPDX-License-Identifier: Apache-2.0

// Operators that change the shape or the type of values, not their order.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

absl::Status MovesRows(const Shape& from, const Shape& to) {
  return absl::UnimplementedError(fmt::format("moves values from row to row: shape {} becomes {}",
                                              ShapeText(from), ShapeText(to)));
}

// Elements before the axis of the rows, of each index along the axes there.
int64_t ElementsBeforeRows(const Shape& shape) {
  int64_t elements = 1;
  for (size_t i = 0; i < BatchAxis(shape).value_or(0); ++i) elements *= shape[i];
  return elements;
}

// Columns keep their numbers where the rows come first in both shapes, or as far in.
absl::StatusOr<Rows> Reinterpreted(const Call& call, const Rows& x, Shape shape) {
  const auto from = BatchAxis(x.shape);
  const auto to = BatchAxis(shape);
  const bool dropped = from && !to && call.single_row;
  const bool kept = from.has_value() == to.has_value() &&
                    ElementsBeforeRows(x.shape) == ElementsBeforeRows(shape);
  if (!kept && !dropped) return MovesRows(x.shape, shape);
  return WithShape(x, std::move(shape));
}

DataType TypeAt(const Call& call) {
  return static_cast<DataType>(call.node.Integer("to", static_cast<int64_t>(DataType::kFloat)));
}

Outcome CastTo(const Call& call, DataType type) {
  if (!call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor tensor, call.TensorAt(0));
    HILLOCK_ASSIGN_OR_RETURN(tensor, CastTensor(std::move(tensor), type));
    return ValueOf(std::move(tensor));
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  const bool of_strings = x.type == DataType::kString;
  if (of_strings != (type == DataType::kString)) {
    return absl::UnimplementedError("casts rows to or from strings");
  }
  Rows target;
  target.type = type;
  const bool was_bool = x.type == DataType::kBool;
  const bool from_floats = !x.is_integral();
  if (type == DataType::kBool && !was_bool) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows no, Apply(call, "Not", {x}));
    HILLOCK_ASSIGN_OR_RETURN(x, Apply(call, "Not", {no}));
  } else if (from_floats && target.is_integral() && !x.is_constant()) {
    HILLOCK_ASSIGN_OR_RETURN(x, Combined(call, "trunc", {x}, type));
  }
  x.type = type;
  return x;
}

Outcome Cast(const Call& call) { return CastTo(call, TypeAt(call)); }

Outcome CastLike(const Call& call) {
  if (call.IsRows(1)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows like, call.RowsAt(1));
    return CastTo(call, like.type);
  }
  HILLOCK_ASSIGN_OR_RETURN(const Tensor like, call.TensorAt(1));
  const bool floats = like.kind == Tensor::Kind::kFloats;
  if (like.kind == Tensor::Kind::kStrings) return CastTo(call, DataType::kString);
  return CastTo(call, floats ? DataType::kFloat : DataType::kInt64);
}

// Input 0 in the shape that `reshape` makes of its own.
template <class Reshape>
Outcome InShape(const Call& call, const Reshape& reshape) {
  if (!call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor tensor, call.TensorAt(0));
    HILLOCK_ASSIGN_OR_RETURN(Shape shape, reshape(tensor.shape));
    return ValueOf(WithShape(std::move(tensor), std::move(shape)));
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, reshape(x.shape));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Reinterpreted(call, x, std::move(shape)));
  return rows;
}

Outcome Flatten(const Call& call) {
  return InShape(
      call, [&](const Shape& shape) { return Flattened(shape, call.node.Integer("axis", 1)); });
}

Outcome Reshape(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(auto wanted, call.Integers(1, "shape"));
  if (!wanted) return absl::InvalidArgumentError("has no shape");
  const bool zero_copies = call.node.Integer("allowzero", 0) == 0;
  if (call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(Rows rows, ReshapedRows(call, x, *std::move(wanted), zero_copies));
    return rows;
  }
  return InShape(call, [&](const Shape& from) { return Reshaped(from, *wanted, zero_copies); });
}

Outcome Squeeze(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, call.Integers(1, "axes"));
  return InShape(call, [&](const Shape& from) -> absl::StatusOr<Shape> {
    if (!call.single_row || !axes) return Squeezed(from, axes);
    Shape ones = from;
    for (int64_t& size : ones) size = size == kBatch ? 1 : size;
    auto kept = Squeezed(from, axes);
    return kept.ok() ? kept : Squeezed(ones, axes);
  });
}

Outcome Unsqueeze(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, call.Integers(1, "axes"));
  return InShape(call, [&](const Shape& from) { return Unsqueezed(from, axes.value_or(Shape())); });
}

Outcome ShapeOf(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, call.ShapeAt(0));
  const auto rank = static_cast<int64_t>(shape.size());
  const auto clamped = [&](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const int64_t first = clamped(call.node.Integer("start", 0));
  const int64_t last = std::max(first, clamped(call.node.Integer("end", rank)));
  return ValueOf(IntegerVector({shape.begin() + first, shape.begin() + last}));
}

Outcome SizeOf(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(RowShape(shape)));
  const auto elements = static_cast<int64_t>(count);
  return ValueOf(
      WithShape(IntegerVector({BatchAxis(shape) ? BatchTimes(elements) : elements}), {}));
}

constexpr OperatorRow kRows[] = {
    {"", "Identity", PassThrough}, {"", "Dropout", PassThrough},
    {"", "CastLike", CastLike},    {"", "Cast", Cast},
    {"", "Flatten", Flatten},      {"", "Reshape", Reshape},
    {"", "Squeeze", Squeeze},      {"", "Unsqueeze", Unsqueeze},
    {"", "Shape", ShapeOf},        {"", "Size", SizeOf},
};

}  // namespace

Rows WithShape(Rows rows, Shape shape) {
  rows.shape = std::move(shape);
  return rows;
}

// A file that was made with a fixed number of rows has that number where the rows are, and one that
// was made for a single row may have no axis for it at all.
absl::StatusOr<Rows> ReshapedRows(const Call& call, const Rows& x, Shape wanted, bool zero_copies) {
  auto to = Reshaped(x.shape, wanted, zero_copies);
  if (to.ok() && call.single_row) {
    for (int64_t& size : *to) size = IsBatch(size) && size != kBatch ? TimesOf(size) : size;
  }
  if (!to.ok() && !wanted.empty() && wanted.front() > 0) {
    Shape open = wanted;
    open.front() = kBatch;
    to = Reshaped(x.shape, open, zero_copies);
  }
  if (!to.ok() && call.single_row) to = Reshaped(RowShape(x.shape), wanted, zero_copies);
  if (!to.ok())
    return std::ranges::count(wanted, -1) == 0 ? to.status() : MovesRows(x.shape, wanted);
  return Reinterpreted(call, x, *std::move(to));
}

Outcome PassThrough(const Call& call) {
  if (call.node.op == "Dropout" && call.Has(2)) {
    HILLOCK_ASSIGN_OR_RETURN(const Tensor training, call.TensorAt(2));
    if (training.is_scalar() && training.integers == std::vector<int64_t>{1}) {
      return absl::UnimplementedError("is in training mode");
    }
  }
  const GraphValue* const value = call.Has(0) ? call.values.Find(call.node.input(0)) : nullptr;
  if (value != nullptr) return *value;
  return absl::InvalidArgumentError("leaves input 0 out, which it needs");
}

std::span<const OperatorRow> ShapeOperators() { return kRows; }

}  // namespace hillock::onnx
