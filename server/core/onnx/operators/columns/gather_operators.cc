// SPDX-License-Identifier: Apache-2.0

// Operators that pick elements by their indices, or the entries of a table by a value of the rows.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "server/core/onnx/operators/columns/indices.h"
#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

absl::StatusOr<std::vector<size_t>> Positions(const Tensor& indices, int64_t size) {
  std::vector<size_t> positions;
  if (indices.kind != Tensor::Kind::kIntegers) {
    return absl::InvalidArgumentError("has indices that are no integers");
  }
  for (const int64_t index : indices.integers) {
    HILLOCK_ASSIGN_OR_RETURN(positions.emplace_back(), FromFront(index, static_cast<size_t>(size)));
  }
  return positions;
}

// Along one axis; the shape of the indices takes its place. Of the rows, only one that is the only
// one can be picked, in a file made for a single row.
Outcome GatherAt(const Call& call, size_t input, size_t axis, const Tensor& indices) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(input));
  if (IsBatch(shape[axis])) {
    const bool only = call.single_row && indices.is_scalar() &&
                      indices.kind == Tensor::Kind::kIntegers &&
                      (indices.integers[0] == 0 || indices.integers[0] == -1);
    if (!only) return AcrossRows("picks");
  }
  const Shape from = RowShape(shape);
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<size_t> positions, Positions(indices, from[axis]));
  const size_t rank = indices.shape.size();
  Shape to(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(axis));
  to.insert(to.end(), indices.shape.begin(), indices.shape.end());
  to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(axis) + 1, from.end());
  auto batch = BatchAxis(shape);
  if (batch && *batch == axis) batch.reset();
  if (batch && *batch > axis) *batch += rank - 1;
  const Shape index_shape = indices.shape;
  const auto move = [=](const std::vector<size_t>& at) {
    std::vector<size_t> source(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(axis));
    size_t number = 0;
    for (size_t i = 0; i < rank; ++i) {
      number = number * static_cast<size_t>(index_shape[i]) + at[axis + i];
    }
    source.push_back(positions[number]);
    source.insert(source.end(), at.begin() + static_cast<std::ptrdiff_t>(axis + rank), at.end());
    return source;
  };
  return Picked(call, input, to, batch, Moved(from, to, move));
}

// What people call the entries of a table.
absl::StatusOr<std::vector<std::string>> NamesIn(const Call& call, const Tensor& table) {
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(table.size(), sizeof(std::string)));
  if (table.kind == Tensor::Kind::kStrings) {
    HILLOCK_RETURN_IF_ERROR(call.budget.TakeStrings(table.strings));
    return table.strings;
  }
  std::vector<std::string> names;
  names.reserve(table.integers.size());
  for (const int64_t entry : table.integers) names.push_back(fmt::format("{}", entry));
  return names;
}

// The entries of a table, by a column of the rows. The graph fails for an index beyond the table,
// so the input is limited to those within where it is looked up as it comes; elsewhere it gives
// NaN.
absl::StatusOr<Rows> LookUp(const Call& call, const Rows& x, const Tensor& table, size_t axis) {
  if (axis != 0 || table.shape.empty() || table.size() == 0) {
    return absl::UnimplementedError("looks up columns of a table");
  }
  model::Lookup lookup;
  lookup.wraps = true;
  const auto entries = static_cast<size_t>(table.shape[0]);
  lookup.width = table.size() / entries;
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(table.size(), sizeof(float)));
  for (size_t i = 0; i < table.size(); ++i) {
    if (table.kind == Tensor::Kind::kStrings) {
      lookup.table.push_back(static_cast<float>(call.graph.CodeOf(table.strings[i])));
      continue;
    }
    HILLOCK_ASSIGN_OR_RETURN(const double value, NumberAt(table, i));
    if (table.kind == Tensor::Kind::kIntegers) HILLOCK_RETURN_IF_ERROR(CheckExact(value));
    lookup.table.push_back(static_cast<float>(value));
  }
  lookup.otherwise.assign(lookup.width, std::numeric_limits<float>::quiet_NaN());
  if (table.kind != Tensor::Kind::kFloats && lookup.width == 1) {
    HILLOCK_ASSIGN_OR_RETURN(std::vector<std::string> names, NamesIn(call, table));
    call.graph.NameColumns(x, std::move(names));
  }
  call.graph.LimitTo(x, -static_cast<double>(entries), static_cast<double>(entries) - 1);
  const DataType type = TypeOf(table);
  Shape shape = x.shape;
  shape.insert(shape.end(), table.shape.begin() + 1, table.shape.end());
  return call.graph.AddOperation(std::move(lookup), {x.value}, std::move(shape), type);
}

Outcome Gather(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", 0), shape.size()));
  if (!call.IsRows(1)) {
    HILLOCK_ASSIGN_OR_RETURN(const Tensor indices, call.TensorAt(1));
    return GatherAt(call, 0, axis, indices);
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(1));
  if (call.IsRows(0)) return absl::UnimplementedError("picks columns that depend on the row");
  HILLOCK_ASSIGN_OR_RETURN(const Tensor table, call.TensorAt(0));
  return LookUp(call, x, table, axis);
}

// Of ai.onnx.ml: along the last axis.
Outcome ArrayFeatureExtractor(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  if (shape.empty()) return absl::InvalidArgumentError("picks from a number");
  if (!call.IsRows(1)) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor indices, call.TensorAt(1));
    indices.shape = {static_cast<int64_t>(indices.size())};
    return GatherAt(call, 0, shape.size() - 1, indices);
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(1));
  HILLOCK_ASSIGN_OR_RETURN(Tensor table, call.TensorAt(0));
  table.shape = {static_cast<int64_t>(table.size())};
  HILLOCK_ASSIGN_OR_RETURN(Rows found, LookUp(call, x, table, 0));
  found.shape.insert(found.shape.begin(), shape.size() > 1 && found.shape.size() < 2 ? 1 : 0, 1);
  return found;
}

// data[..., indices]: where the indices depend on the row, a sum over the axis of what the index
// marks.
Outcome GatherElements(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Rows indices, call.AnyRowsAt(1));
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", 0), x.shape.size()));
  const bool last = axis + 1 == x.shape.size() && indices.shape.size() == x.shape.size() &&
                    indices.width() == 1 && static_cast<size_t>(x.shape[axis]) == x.width();
  if (!last) return absl::UnimplementedError("picks elements other than one of each row");
  const auto size = static_cast<size_t>(x.width());
  HILLOCK_ASSIGN_OR_RETURN(const Rows marks, OneHotOf(call,
                                                      WithShape(indices,
                                                                [&] {
                                                                  Shape shape = indices.shape;
                                                                  shape.pop_back();
                                                                  return shape;
                                                                }()),
                                                      size, true, 0, 1));
  const Rows none = RowGraph::Constant({0}, {});
  HILLOCK_ASSIGN_OR_RETURN(const Rows picked, Combined(call, "where", {marks, x, none}, x.type));
  HILLOCK_ASSIGN_OR_RETURN(Rows sum, Reduced(call, picked, "sum", {axis}, x.type));
  return sum;
}

constexpr OperatorRow kRows[] = {
    {"", "Gather", Gather},
    {"", "GatherElements", GatherElements},
    {kMlDomain, "ArrayFeatureExtractor", ArrayFeatureExtractor},
};

}  // namespace

std::span<const OperatorRow> GatherOperators() { return kRows; }

}  // namespace hillock::onnx
