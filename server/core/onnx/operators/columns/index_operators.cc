// SPDX-License-Identifier: Apache-2.0

// Operators that cut, repeat or reorder elements, of constants and of the columns of rows alike.
// None moves a value to another row.

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

// One axis of a slice.
struct Cut {
  int64_t first;
  int64_t step;
  int64_t count;
};

// Clamped as Python clamps. Counting down, an end before the first element is -1.
Cut CutOf(int64_t start, int64_t end, int64_t step, int64_t size) {
  const auto from_front = [&](int64_t at) { return at < 0 ? std::max(at, -size - 1) + size : at; };
  const int64_t low = step > 0 ? 0 : -1;
  const int64_t high = step > 0 ? size : size - 1;
  const int64_t first = std::clamp(from_front(start), std::max<int64_t>(low, 0), high);
  const int64_t last = std::clamp(from_front(end), low, high);
  const int64_t length = step > 0 ? last - first : first - last;
  const int64_t stride = step > 0 ? step : -step;
  return {first, step, length <= 0 ? 0 : (length - 1) / stride + 1};
}

// What a slice takes, axis by axis.
struct Slices {
  std::vector<int64_t> starts;
  std::vector<int64_t> ends;
  std::vector<int64_t> axes;
  std::vector<int64_t> steps;
};

absl::StatusOr<Slices> SlicesOf(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const auto starts, call.Integers(1, "starts"));
  HILLOCK_ASSIGN_OR_RETURN(const auto ends, call.Integers(2, "ends"));
  HILLOCK_ASSIGN_OR_RETURN(auto axes, call.Integers(3, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(const auto steps, call.Integers(4, ""));
  if (!starts || !ends || starts->size() != ends->size()) {
    return absl::InvalidArgumentError("has no starts and ends");
  }
  if (!axes) {
    axes.emplace(starts->size());
    std::iota(axes->begin(), axes->end(), 0);
  }
  if (axes->size() != starts->size() || (steps && steps->size() != starts->size())) {
    return absl::InvalidArgumentError("has starts, axes and steps of different lengths");
  }
  return Slices{*starts, *ends, *axes, steps.value_or(std::vector<int64_t>(starts->size(), 1))};
}

// Exporters write the end of the rows as their number, or as a number that is larger than any.
bool TakesAllRows(const Call& call, int64_t rows, int64_t start, int64_t end, int64_t step) {
  return start == 0 && step == 1 &&
         (end == rows || end >= std::numeric_limits<int32_t>::max() ||
          (call.single_row && end >= 1));
}

// The cuts of all axes. The rows are taken whole, or not at all.
absl::StatusOr<std::vector<Cut>> CutsOf(const Call& call, const Shape& shape, const Shape& from,
                                        const Slices& slices) {
  std::vector<Cut> cuts;
  cuts.reserve(from.size());
  for (const int64_t size : from) cuts.push_back({0, 1, size});
  for (size_t i = 0; i < slices.starts.size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t axis, FromFront(slices.axes[i], shape.size()));
    const int64_t start = slices.starts[i];
    const int64_t end = slices.ends[i];
    const int64_t step = slices.steps[i];
    if (step == 0 || step == std::numeric_limits<int64_t>::min()) {
      return absl::InvalidArgumentError("has a step of 0");
    }
    if (!IsBatch(shape[axis])) {
      cuts[axis] = CutOf(start, IsBatch(end) && step > 0 ? from[axis] : end, step, from[axis]);
    } else if (!TakesAllRows(call, shape[axis], start, end, step)) {
      return AcrossRows("cuts");
    }
  }
  return cuts;
}

Outcome Slice(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Slices slices, SlicesOf(call));
  const Shape from = RowShape(shape);
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<Cut> cuts, CutsOf(call, shape, from, slices));
  Shape to;
  for (const Cut& cut : cuts) to.push_back(cut.count);
  return Picked(call, 0, to, BatchAxis(shape), Moved(from, to, [cuts](std::vector<size_t> at) {
                  for (size_t axis = 0; axis < at.size(); ++axis) {
                    const Cut& cut = cuts[axis];
                    at[axis] =
                        static_cast<size_t>(cut.first + static_cast<int64_t>(at[axis]) * cut.step);
                  }
                  return at;
                }));
}

absl::StatusOr<std::vector<int64_t>> PartSizes(const Call& call, int64_t size, size_t outputs) {
  HILLOCK_ASSIGN_OR_RETURN(auto sizes, call.Integers(1, "split"));
  if (sizes) return *std::move(sizes);
  const int64_t parts = call.node.Integer("num_outputs", static_cast<int64_t>(outputs));
  if (parts < 1) return absl::InvalidArgumentError("makes no parts");
  const int64_t each = (size + parts - 1) / parts;
  std::vector<int64_t> equal(static_cast<size_t>(std::min<int64_t>(parts, size)), each);
  if (!equal.empty()) equal.back() = size - each * (static_cast<int64_t>(equal.size()) - 1);
  return equal;
}

Outcomes Split(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", 0), shape.size()));
  if (IsBatch(shape[axis])) return AcrossRows("splits");
  const Shape from = RowShape(shape);
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes,
                           PartSizes(call, from[axis], call.node.outputs.size()));
  Rows x;
  if (call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(x, call.RowsAt(0));
  }
  std::vector<GraphValue> parts;
  int64_t first = 0;
  for (const int64_t size : sizes) {
    if (size < 1 || size > from[axis] - first || parts.size() == call.node.outputs.size()) {
      return absl::InvalidArgumentError(fmt::format("has parts that do not make {}", from[axis]));
    }
    Shape to = from;
    to[axis] = size;
    const auto offset = static_cast<size_t>(first);
    const auto move = [=](std::vector<size_t> at) {
      at[axis] += offset;
      return at;
    };
    if (call.IsRows(0)) {
      HILLOCK_ASSIGN_OR_RETURN(parts.emplace_back(),
                               PickedRows(call, x, to, BatchAxis(shape), Moved(from, to, move)));
    } else {
      HILLOCK_ASSIGN_OR_RETURN(parts.emplace_back(),
                               Picked(call, 0, to, std::nullopt, Moved(from, to, move)));
    }
    first += size;
  }
  return parts;
}

absl::StatusOr<Shape> PermOf(const Call& call, const Shape& shape) {
  HILLOCK_ASSIGN_OR_RETURN(auto perm, call.Integers(1, "perm"));
  if (!perm) {
    perm.emplace();
    for (size_t i = shape.size(); i-- > 0;) perm->push_back(static_cast<int64_t>(i));
  }
  HILLOCK_RETURN_IF_ERROR(CheckPermutation(*perm, shape));
  return *std::move(perm);
}

Outcome Transpose(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Shape perm, PermOf(call, shape));
  if (call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(Rows rows, TransposedRows(call, x, perm));
    return rows;
  }
  HILLOCK_ASSIGN_OR_RETURN(Tensor from, call.TensorAt(0));
  if (from.kind == Tensor::Kind::kFloats && perm == Shape{1, 0}) {
    HILLOCK_RETURN_IF_ERROR(call.budget.Take(from.size(), sizeof(float)));
    Tensor turned{.shape = {from.shape[1], from.shape[0]}};
    turned.floats = Transposed(from.floats, static_cast<size_t>(from.shape[0]),
                               static_cast<size_t>(from.shape[1]));
    return ValueOf(std::move(turned));
  }
  const Shape strides = Strides(from.shape);
  Shape to;
  Shape moved;
  for (const int64_t axis : perm) {
    to.push_back(from.shape[static_cast<size_t>(axis)]);
    moved.push_back(strides[static_cast<size_t>(axis)]);
  }
  return Picked(call, 0, to, std::nullopt, [=](size_t i) { return Offset(to, moved, i); });
}

Outcome Expand(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape from, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto wanted, call.Integers(1, ""));
  if (!wanted) return absl::InvalidArgumentError("has no shape");
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, Broadcast(from, *wanted));
  HILLOCK_RETURN_IF_ERROR(ElementCount(RowShape(shape)).status());
  if (call.IsRows(0) || BatchAxis(shape)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(Rows rows, Expanded(call, x, shape));
    return rows;
  }
  const Shape strides = BroadcastStrides(from, shape);
  return Picked(call, 0, shape, std::nullopt, [=](size_t i) { return Offset(shape, strides, i); });
}

// The shape of what is repeated, of one row, and its axis of rows. Repeating an axis of 1 as often
// as there are rows makes it that of the rows, as Expand does.
struct Tiled {
  Shape shape;
  std::optional<size_t> batch;
};

absl::StatusOr<Tiled> TiledShape(const Shape& shape, const std::vector<int64_t>& repeats) {
  const Shape from = RowShape(shape);
  Tiled to{{}, BatchAxis(shape)};
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const int64_t times = repeats[axis];
    if (IsBatch(times) && shape[axis] == 1 && !to.batch) {
      to.batch = axis;
      to.shape.push_back(1);
      continue;
    }
    if (times < 1 || times > (int64_t{1} << 24)) {
      return absl::UnimplementedError("repeats values as often as there are rows, or never");
    }
    if (to.batch == axis && times != 1) return AcrossRows("repeats");
    if (from[axis] > kMaxElements / times) {
      return absl::InvalidArgumentError(
          fmt::format("repeats {} values {} times", from[axis], times));
    }
    to.shape.push_back(from[axis] * times);
  }
  HILLOCK_RETURN_IF_ERROR(ElementCount(to.shape).status());
  return to;
}

Outcome Tile(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto repeats, call.Integers(1, ""));
  if (!repeats || repeats->size() != shape.size()) {
    return absl::InvalidArgumentError("has not a number of repeats for each axis");
  }
  HILLOCK_ASSIGN_OR_RETURN(const Tiled to, TiledShape(shape, *repeats));
  const Shape from = RowShape(shape);
  const auto move = [from](std::vector<size_t> at) {
    for (size_t axis = 0; axis < at.size(); ++axis) at[axis] %= static_cast<size_t>(from[axis]);
    return at;
  };
  if (to.batch && !call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(Rows rows,
                             PickedRows(call, x, to.shape, to.batch, Moved(from, to.shape, move)));
    return rows;
  }
  return Picked(call, 0, to.shape, to.batch, Moved(from, to.shape, move));
}

constexpr OperatorRow kRows[] = {
    {"", "Slice", Slice},         {"", "Split", nullptr, Split},
    {"", "Transpose", Transpose}, {"", "Expand", Expand},
    {"", "Tile", Tile},
};

}  // namespace

Outcome Picked(const Call& call, size_t input, const Shape& row_shape, std::optional<size_t> batch,
               const std::function<size_t(size_t)>& from) {
  if (call.IsRows(input)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(input));
    HILLOCK_ASSIGN_OR_RETURN(Rows rows, PickedRows(call, x, row_shape, batch, from));
    return rows;
  }
  HILLOCK_ASSIGN_OR_RETURN(const Tensor tensor, call.TensorAt(input));
  HILLOCK_ASSIGN_OR_RETURN(Tensor picked, PickedTensor(call.budget, tensor, row_shape, from));
  return ValueOf(std::move(picked));
}

// Every operator of this folder ends here: element i of the result is column from(i) of x.
absl::StatusOr<Rows> PickedRows(const Call& call, const Rows& x, const Shape& row_shape,
                                std::optional<size_t> batch,
                                const std::function<size_t(size_t)>& from) {
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(row_shape));
  if (count == 0 || count > std::numeric_limits<uint32_t>::max()) {
    return absl::UnimplementedError("makes rows without values, or too many");
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(uint32_t)));
  std::vector<uint32_t> columns(count);
  for (size_t i = 0; i < count; ++i) columns[i] = static_cast<uint32_t>(from(i));
  Shape shape = row_shape;
  if (batch) shape[*batch] = BatchTimes(shape[*batch]);
  return call.graph.Select(std::span(&x, 1), columns, std::move(shape));
}

absl::StatusOr<Rows> TransposedRows(const Call& call, const Rows& x, const Shape& perm) {
  const Shape from = RowShape(x.shape);
  Shape to;
  std::optional<size_t> batch;
  for (size_t i = 0; i < perm.size(); ++i) {
    const auto axis = static_cast<size_t>(perm[i]);
    to.push_back(from[axis]);
    if (IsBatch(x.shape[axis])) batch = i;
  }
  return PickedRows(call, x, to, batch, Moved(from, to, [perm](const std::vector<size_t>& at) {
                      std::vector<size_t> source(at.size());
                      for (size_t i = 0; i < at.size(); ++i)
                        source[static_cast<size_t>(perm[i])] = at[i];
                      return source;
                    }));
}

std::span<const OperatorRow> IndexOperators() { return kRows; }

}  // namespace hillock::onnx
