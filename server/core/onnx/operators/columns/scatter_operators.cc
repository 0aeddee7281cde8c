// SPDX-License-Identifier: Apache-2.0

// Operators that pick or replace whole slices by lists of indices. The indices are constants.

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

// Which slices along the first axis are meant, and the shape of the list of them.
struct Slices {
  std::vector<size_t> positions;
  Shape shape;
  size_t each = 1;  // elements of a slice
};

absl::StatusOr<Slices> SlicesOf(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor indices, call.TensorAt(1));
  if (indices.kind != Tensor::Kind::kIntegers || shape.empty() || indices.shape.empty()) {
    return absl::InvalidArgumentError("has no indices");
  }
  if (indices.shape.back() != 1 || call.node.Integer("batch_dims", 0) != 0) {
    return absl::UnimplementedError("has indices of more than the first axis");
  }
  if (IsBatch(shape[0])) return absl::UnimplementedError("picks along the rows");
  Slices slices;
  slices.shape.assign(indices.shape.begin(), indices.shape.end() - 1);
  slices.each = WidthOf(Shape(shape.begin() + 1, shape.end()));
  for (const int64_t index : indices.integers) {
    HILLOCK_ASSIGN_OR_RETURN(slices.positions.emplace_back(),
                             FromFront(index, static_cast<size_t>(shape[0])));
  }
  return slices;
}

Outcome GatherNd(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Slices slices, SlicesOf(call));
  const Shape from = RowShape(shape);
  Shape to = slices.shape;
  to.insert(to.end(), from.begin() + 1, from.end());
  auto batch = BatchAxis(shape);
  if (batch) *batch += slices.shape.size() - 1;
  return Picked(call, 0, to, batch, [&](size_t i) {
    return slices.positions[i / slices.each] * slices.each + i % slices.each;
  });
}

// The slices of `updates` in place of those of x.
Outcome ScatterNd(const Call& call) {
  if (call.node.Text("reduction", "none") != "none") {
    return absl::UnimplementedError("combines old values with new ones");
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Slices slices, SlicesOf(call));
  HILLOCK_ASSIGN_OR_RETURN(Rows updates, call.AnyRowsAt(2));
  Shape want = slices.shape;
  want.insert(want.end(), x.shape.begin() + 1, x.shape.end());
  if (RowShape(updates.shape) != RowShape(want)) {
    return absl::InvalidArgumentError(
        fmt::format("has updates of shape {}, want {}", ShapeText(updates.shape), ShapeText(want)));
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(x.width(), sizeof(uint32_t)));
  std::vector<uint32_t> columns(x.width());
  std::iota(columns.begin(), columns.end(), 0);
  for (size_t n = 0; n < slices.positions.size(); ++n) {
    for (size_t i = 0; i < slices.each; ++i) {
      columns[slices.positions[n] * slices.each + i] =
          static_cast<uint32_t>(x.width() + n * slices.each + i);
    }
  }
  const Shape shape = BatchAxis(x.shape) ? x.shape : [&] {
    Shape all = updates.shape;
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(slices.shape.size()));
    all.insert(all.begin(), x.shape.front());
    return all;
  }();
  const Rows parts[] = {WithShape(x, shape), WithShape(std::move(updates), std::move(want))};
  HILLOCK_ASSIGN_OR_RETURN(Rows y, call.graph.Select(parts, columns, shape));
  y.type = x.type;
  return y;
}

// Where element i of a tensor of `shape` lies in one of `into`, at `index` along `axis`. Both have
// one for the axis of the rows.
size_t PositionOf(size_t i, const Shape& shape, const Shape& into, size_t axis, size_t index) {
  size_t position = 0;
  size_t stride = 1;
  for (size_t a = shape.size(); a-- > 0;) {
    const auto size = static_cast<size_t>(shape[a]);
    position += stride * (a == axis ? index : i % size);
    stride *= static_cast<size_t>(into[a]);
    i /= size;
  }
  return position;
}

// The columns of x, of which some are replaced: column x.width() + i stands where element i of
// `indices` says.
absl::StatusOr<std::vector<uint32_t>> ReplacedColumns(const Call& call, const Rows& x,
                                                      const Rows& indices, size_t axis) {
  const Shape into = RowShape(x.shape);
  const Shape shape = RowShape(indices.shape);
  const std::vector<double>& numbers = indices.value.map.shift;
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(x.width(), sizeof(uint32_t)));
  std::vector<uint32_t> columns(x.width());
  std::iota(columns.begin(), columns.end(), 0);
  for (size_t i = 0; i < indices.width(); ++i) {
    const auto number = static_cast<int64_t>(numbers[numbers.size() == 1 ? 0 : i]);
    HILLOCK_ASSIGN_OR_RETURN(const size_t index,
                             FromFront(number, static_cast<size_t>(into[axis])));
    const size_t position = PositionOf(i, shape, into, axis, index);
    if (position >= columns.size()) return absl::InvalidArgumentError("has too many indices");
    columns[position] = static_cast<uint32_t>(x.width() + i);
  }
  return columns;
}

// Elements of `updates` in place of those of x, at the same columns of each row: what exporters
// make of an assignment to columns.
Outcome ScatterElements(const Call& call) {
  if (call.node.Text("reduction", "none") != "none") {
    return absl::UnimplementedError("combines old values with new ones");
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Rows indices, call.AnyRowsAt(1));
  HILLOCK_ASSIGN_OR_RETURN(Rows updates, call.AnyRowsAt(2));
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", 0), x.shape.size()));
  if (!indices.is_constant()) {
    return absl::UnimplementedError("replaces other columns in each row");
  }
  const auto batch = BatchAxis(x.shape);
  if (!batch || batch == axis) return absl::UnimplementedError("replaces whole rows");
  if (indices.shape.size() != x.shape.size() || updates.shape != indices.shape ||
      BatchAxis(indices.shape) != batch) {
    return absl::InvalidArgumentError(
        fmt::format("has indices of shape {} and updates of shape {} for {}",
                    ShapeText(indices.shape), ShapeText(updates.shape), ShapeText(x.shape)));
  }
  HILLOCK_ASSIGN_OR_RETURN(const auto columns, ReplacedColumns(call, x, indices, axis));
  const Rows parts[] = {x, std::move(updates)};
  HILLOCK_ASSIGN_OR_RETURN(Rows y, call.graph.Select(parts, columns, x.shape));
  y.type = x.type;
  return y;
}

constexpr OperatorRow kRows[] = {
    {"", "GatherND", GatherNd},
    {"", "ScatterElements", ScatterElements},
    {"", "ScatterND", ScatterNd},
};

}  // namespace

std::span<const OperatorRow> ScatterOperators() { return kRows; }

}  // namespace hillock::onnx
