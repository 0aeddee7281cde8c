// SPDX-License-Identifier: Apache-2.0

// Operators over an axis: sums and other reductions, the largest element, softmax and its like.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "server/core/activation/activation.h"
#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

constexpr int64_t kOneAxisSince = 13;  // before, all axes from the given one on were taken as one
constexpr int64_t kMostSorted = 32;    // elements that TopK picks, each in steps of its own

struct NamedReduction {
  std::string_view op;
  std::string_view reduction;
};

constexpr NamedReduction kReductions[] = {
    {"ReduceSum", "sum"},        {"ReduceMean", "mean"},
    {"ReduceMin", "min"},        {"ReduceMax", "max"},
    {"ReduceProd", "prod"},      {"ReduceL1", "l1"},
    {"ReduceL2", "l2"},          {"ReduceSumSquare", "sum_square"},
    {"ReduceLogSum", "log_sum"}, {"ReduceLogSumExp", "log_sum_exp"},
};

std::string_view ReductionOf(std::string_view op) {
  return std::ranges::find(kReductions, op, &NamedReduction::op)->reduction;
}

// The axes of a shape that are taken away, or 1.
Shape Without(const Shape& shape, const std::vector<size_t>& axes, bool keep) {
  Shape to;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const bool reduced = std::ranges::find(axes, axis) != axes.end();
    if (!reduced) to.push_back(shape[axis]);
    if (reduced && keep) to.push_back(1);
  }
  return to;
}

Outcome ReduceConstant(const Call& call, const std::vector<size_t>& axes, bool keep) {
  HILLOCK_ASSIGN_OR_RETURN(const Tensor tensor, call.TensorAt(0));
  const model::Reduction* const reduction = model::FindReduction(ReductionOf(call.node.op));
  const Shape ones = Without(tensor.shape, axes, true);
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(ones));
  if (tensor.size() == 0) return absl::InvalidArgumentError("reduces nothing");
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(tensor.size() + count, 2 * sizeof(double)));
  std::vector<std::vector<double>> parts(count);
  const Shape strides = BroadcastStrides(ones, tensor.shape);
  for (size_t i = 0; i < tensor.size(); ++i) {
    if (count == 1 && reduction->name == "prod" && tensor.size() == 1) break;
    HILLOCK_ASSIGN_OR_RETURN(const double value, NumberAt(tensor, i));
    parts[Offset(tensor.shape, strides, i)].push_back(value);
  }
  if (parts.front().empty()) return ValueOf(WithShape(tensor, Without(tensor.shape, axes, keep)));
  Tensor reduced{.kind = tensor.kind, .shape = Without(tensor.shape, axes, keep)};
  for (const std::vector<double>& part : parts) {
    const double value = reduction->reference(part);
    if (tensor.kind == Tensor::Kind::kFloats) reduced.floats.push_back(static_cast<float>(value));
    if (tensor.kind == Tensor::Kind::kIntegers) {
      reduced.integers.push_back(static_cast<int64_t>(value));
    }
  }
  return ValueOf(std::move(reduced));
}

Outcome Reduce(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto given, call.Integers(1, "axes"));
  std::vector<size_t> axes;
  for (const int64_t axis : given.value_or(Shape())) {
    HILLOCK_ASSIGN_OR_RETURN(axes.emplace_back(), FromFront(axis, shape.size()));
  }
  std::ranges::sort(axes);
  axes.erase(std::ranges::unique(axes).begin(), axes.end());
  if (axes.empty() && call.node.Integer("noop_with_empty_axes", 0) != 0) return PassThrough(call);
  if (axes.empty()) {
    axes.resize(shape.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  const bool keep = call.node.Integer("keepdims", 1) != 0;
  if (!call.IsRows(0)) return ReduceConstant(call, axes, keep);
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Reduced(call, x, ReductionOf(call.node.op), axes, x.type));
  rows.shape = Without(rows.shape, axes, keep);
  return rows;
}

// The position of the largest or smallest element along an axis.
absl::StatusOr<Rows> Extreme(const Call& call, const Rows& x, std::string_view reduction) {
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", 0), x.shape.size()));
  std::string name(reduction);
  if (call.node.Integer("select_last_index", 0) != 0) name += "_last";
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Reduced(call, x, name, {axis}, DataType::kInt64));
  rows.shape = Without(rows.shape, {axis}, call.node.Integer("keepdims", 1) != 0);
  return rows;
}

Outcome ArgMax(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows,
                           Extreme(call, x, call.node.op == "ArgMin" ? "argmin" : "argmax"));
  return rows;
}

// x where it is not marked, and a number that is never the largest, or smallest, where it is.
absl::StatusOr<Rows> LeftOf(const Call& call, const Rows& x, Rows position, bool largest) {
  constexpr double kFarthest = std::numeric_limits<float>::max();
  position.shape.pop_back();
  HILLOCK_ASSIGN_OR_RETURN(
      const Rows marks, OneHotOf(call, position, static_cast<size_t>(x.shape.back()), false, 0, 1));
  const Rows last = RowGraph::Constant({largest ? -kFarthest : kFarthest}, {});
  return Combined(call, "where", {marks, last, x}, x.type);
}

// One after the other, each time of what is left.
Outcomes TopOf(const Call& call, Rows x, int64_t count, size_t axis, bool largest) {
  if (axis + 1 != x.shape.size() || static_cast<int64_t>(x.width()) != x.shape[axis]) {
    return absl::UnimplementedError("sorts along an axis that is not the only one of a row");
  }
  std::vector<Rows> values;
  std::vector<Rows> positions;
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) {
      HILLOCK_ASSIGN_OR_RETURN(x, LeftOf(call, x, positions.back(), largest));
    }
    HILLOCK_ASSIGN_OR_RETURN(values.emplace_back(),
                             Reduced(call, x, largest ? "max" : "min", {axis}, x.type));
    HILLOCK_ASSIGN_OR_RETURN(
        positions.emplace_back(),
        Reduced(call, x, largest ? "argmax" : "argmin", {axis}, DataType::kInt64));
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows sorted, Joined(call, values, axis));
  HILLOCK_ASSIGN_OR_RETURN(Rows where, Joined(call, positions, axis));
  return std::vector<GraphValue>{std::move(sorted), std::move(where)};
}

Outcomes TopK(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto k, call.Integers(1, ""));
  const int64_t count = k && k->size() == 1 ? k->front() : call.node.Integer("k", 0);
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", -1), x.shape.size()));
  if (count < 1 || count > kMostSorted || count > RowShape(x.shape)[axis]) {
    return absl::UnimplementedError(
        fmt::format("sorts out {} elements, want 1 to {}", count, kMostSorted));
  }
  const bool largest = call.node.Integer("largest", 1) != 0;
  if (count > 1) return TopOf(call, x, count, axis, largest);
  std::vector<GraphValue> both;
  HILLOCK_ASSIGN_OR_RETURN(both.emplace_back(),
                           Reduced(call, x, largest ? "max" : "min", {axis}, x.type));
  HILLOCK_ASSIGN_OR_RETURN(both.emplace_back(), Reduced(call, x, largest ? "argmax" : "argmin",
                                                        {axis}, DataType::kInt64));
  return both;
}

// Before operator set 13 all axes from the given one on were one.
Outcome RowActivation(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  const bool one_axis = call.opset >= kOneAxisSince || !call.node.domain.empty();
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", one_axis ? -1 : 1), x.shape.size()));
  for (const activation::Spec& spec : activation::All()) {
    if (spec.onnx.op != call.node.op) continue;
    HILLOCK_ASSIGN_OR_RETURN(Rows rows,
                             OverAxis(call, x, spec, axis, one_axis ? 1 : x.shape.size() - axis));
    return rows;
  }
  return absl::UnimplementedError("is no activation of the table");
}

// 1 at the largest element, 0 elsewhere.
Outcome Hardmax(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  if (x.shape.empty()) return absl::InvalidArgumentError("looks for the largest of a number");
  const auto axis = static_cast<int64_t>(x.shape.size()) - 1;
  if (const int64_t given = call.node.Integer("axis", -1); given != -1 && given != axis) {
    return absl::UnimplementedError("runs over an axis that is not the last");
  }
  HILLOCK_ASSIGN_OR_RETURN(
      Rows position, Reduced(call, x, "argmax", {static_cast<size_t>(axis)}, DataType::kInt64));
  position.shape.pop_back();
  HILLOCK_ASSIGN_OR_RETURN(
      Rows marks, OneHotOf(call, position, static_cast<size_t>(x.shape.back()), false, 0, 1));
  return marks;
}

constexpr OperatorRow kRows[] = {
    {"", "ReduceSum", Reduce},       {"", "ReduceMean", Reduce},      {"", "ReduceMin", Reduce},
    {"", "ReduceMax", Reduce},       {"", "ReduceProd", Reduce},      {"", "ReduceL1", Reduce},
    {"", "ReduceL2", Reduce},        {"", "ReduceSumSquare", Reduce}, {"", "ReduceLogSum", Reduce},
    {"", "ReduceLogSumExp", Reduce}, {"", "ArgMax", ArgMax},          {"", "ArgMin", ArgMax},
    {"", "TopK", nullptr, TopK},     {"", "Hardmax", Hardmax},
};

// The axes one after the other at the end, the rest before them in their order.
Shape ToTheEnd(size_t rank, const std::vector<size_t>& axes) {
  Shape perm;
  for (size_t axis = 0; axis < rank; ++axis) {
    if (std::ranges::find(axes, axis) == axes.end()) perm.push_back(static_cast<int64_t>(axis));
  }
  for (size_t axis = 0; axis < rank; ++axis) {
    if (std::ranges::find(axes, axis) != axes.end()) perm.push_back(static_cast<int64_t>(axis));
  }
  return perm;
}

Shape Inverse(const Shape& perm) {
  Shape inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) {
    inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  }
  return inverse;
}

Rows FoldedReduction(const model::Reduction& reduction, const Rows& x, size_t groups, Shape shape) {
  const size_t each = x.width() / groups;
  std::vector<double> values;
  for (size_t g = 0; g < groups; ++g) {
    std::vector<double> part;
    for (size_t i = 0; i < each; ++i) part.push_back(x.value.map.shift_at(g * each + i));
    values.push_back(reduction.reference(part));
  }
  return RowGraph::Constant(std::move(values), std::move(shape), x.type);
}

}  // namespace

const OperatorRow kRowActivationOperator = {"", "", RowActivation};

// A layer reduces neighbouring columns, so the axes go to the end first. One element each is its
// own sum, mean, product and extreme. An axis of rows may be dropped where the file is made for one
// row.
absl::StatusOr<Rows> Reduced(const Call& call, const Rows& x, std::string_view reduction,
                             const std::vector<size_t>& axes, DataType type) {
  size_t each = 1;
  for (const size_t axis : axes) {
    const bool drops_rows = IsBatch(x.shape[axis]);
    if (drops_rows && !(call.single_row && x.shape[axis] == kBatch)) {
      return absl::UnimplementedError("runs over the rows");
    }
    if (!drops_rows) each *= static_cast<size_t>(x.shape[axis]);
  }
  Rows moved = x;
  const Shape perm = ToTheEnd(x.shape.size(), axes);
  if (!std::ranges::is_sorted(perm) && each > 1) {
    HILLOCK_ASSIGN_OR_RETURN(moved, TransposedRows(call, x, perm));
  }
  Shape shape = Without(x.shape, axes, true);
  const bool keeps_one = reduction == "sum" || reduction == "mean" || reduction == "min" ||
                         reduction == "max" || reduction == "prod";
  if (each == 1 && keeps_one) return WithShape(x, std::move(shape));
  const model::Reduction* const known = model::FindReduction(reduction);
  HILLOCK_CHECK(known != nullptr);
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(x.width(), sizeof(double)));
  if (x.is_constant()) return FoldedReduction(*known, moved, x.width() / each, std::move(shape));
  return call.graph.AddOperation(model::Reduce{known}, {moved.value}, std::move(shape), type);
}

// A row activation runs over neighbouring columns: other axes go to the end, and come back after
// it.
absl::StatusOr<Rows> OverAxis(const Call& call, const Rows& x, const activation::Spec& spec,
                              size_t axis, size_t axes) {
  size_t group = 1;
  std::vector<size_t> over;
  for (size_t i = axis; i < axis + axes; ++i) {
    if (IsBatch(x.shape[i])) return absl::UnimplementedError("runs over the rows");
    group *= static_cast<size_t>(x.shape[i]);
    over.push_back(i);
  }
  const Shape perm = ToTheEnd(x.shape.size(), over);
  const size_t after =
      WidthOf(Shape(x.shape.begin() + static_cast<std::ptrdiff_t>(axis + axes), x.shape.end()));
  if (after == 1) return call.graph.AddRowActivation(x, spec, group);
  HILLOCK_ASSIGN_OR_RETURN(const Rows moved, TransposedRows(call, x, perm));
  return TransposedRows(call, call.graph.AddRowActivation(moved, spec, group), Inverse(perm));
}

std::span<const OperatorRow> ReductionOperators() { return kRows; }

}  // namespace hillock::onnx
