// Operators that pick, cut, join, repeat or reorder elements, of constants and of the columns of
// rows alike. None moves a value to another row.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

// The index along each axis of element number `index` of a shape.
std::vector<size_t> IndicesOf(const Shape& shape, size_t index) {
  std::vector<size_t> indices(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    const auto size = static_cast<size_t>(shape[axis]);
    indices[axis] = index % size;
    index /= size;
  }
  return indices;
}

size_t NumberOf(const Shape& shape, const std::vector<size_t>& indices) {
  size_t number = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    number = number * static_cast<size_t>(shape[axis]) + indices[axis];
  }
  return number;
}

// Element i of `to` is that of `from` whose index along each axis `move` makes of i's.
template <class Move>
std::function<size_t(size_t)> Moved(const Shape& from, const Shape& to, const Move& move) {
  return [from, to, move](size_t i) { return NumberOf(from, move(IndicesOf(to, i))); };
}

constexpr int64_t kMostElements = int64_t{1} << 48;  // of a tensor, as ElementCount() has it

absl::Status AcrossRows(std::string_view what) {
  return absl::UnimplementedError(fmt::format("{} along the rows", what));
}

// One axis of a slice.
struct Cut {
  int64_t first;
  int64_t step;
  int64_t count;
};

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

Outcome Slice(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
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
  const Shape from = RowShape(shape);
  std::vector<Cut> cuts;
  for (const int64_t size : from) cuts.push_back({0, 1, size});
  for (size_t i = 0; i < starts->size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t axis, FromFront((*axes)[i], shape.size()));
    const int64_t step = steps ? (*steps)[i] : 1;
    if (step == 0 || step == std::numeric_limits<int64_t>::min()) {
      return absl::InvalidArgumentError("has a step of 0");
    }
    const int64_t end = (*ends)[i];
    if (IsBatch(shape[axis])) {
      const bool whole = (*starts)[i] == 0 && step == 1 &&
                         (end == shape[axis] || end >= std::numeric_limits<int32_t>::max() ||
                          (call.single_row && end >= 1));
      if (!whole) return AcrossRows("cuts");
      continue;
    }
    cuts[axis] = CutOf((*starts)[i], IsBatch(end) && step > 0 ? from[axis] : end, step, from[axis]);
  }
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

// Along one axis; the shape of the indices takes its place.
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
  for (const int64_t entry : table.integers) names.push_back(fmt::format("{}", entry));
  return names;
}

// The entries of a table, by a column of the rows.
Outcome LookUp(const Call& call, const Rows& x, const Tensor& table, size_t axis) {
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
  const DataType type = table.kind == Tensor::Kind::kFloats    ? DataType::kFloat
                        : table.kind == Tensor::Kind::kStrings ? DataType::kString
                                                               : DataType::kInt64;
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
  HILLOCK_ASSIGN_OR_RETURN(GraphValue found, LookUp(call, x, table, 0));
  auto& rows = std::get<Rows>(found);
  rows.shape.insert(rows.shape.begin(), shape.size() > 1 && rows.shape.size() < 2 ? 1 : 0, 1);
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

// Times the number of rows along an axis of 1 is what Expand makes of it.
Outcome Tile(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto repeats, call.Integers(1, ""));
  if (!repeats || repeats->size() != shape.size()) {
    return absl::InvalidArgumentError("has not a number of repeats for each axis");
  }
  const Shape from = RowShape(shape);
  Shape to;
  std::optional<size_t> batch = BatchAxis(shape);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const int64_t times = (*repeats)[axis];
    const bool makes_rows = IsBatch(times) && shape[axis] == 1 && !batch;
    if (makes_rows) batch = axis;
    if (!makes_rows && (times < 1 || times > (int64_t{1} << 24))) {
      return absl::UnimplementedError("repeats values as often as there are rows, or never");
    }
    if (batch == axis && !makes_rows && times != 1) return AcrossRows("repeats");
    if (!makes_rows && from[axis] > kMostElements / times) {
      return absl::InvalidArgumentError(
          fmt::format("repeats {} values {} times", from[axis], times));
    }
    to.push_back(makes_rows ? 1 : from[axis] * times);
  }
  HILLOCK_RETURN_IF_ERROR(ElementCount(to).status());
  const auto move = [from](std::vector<size_t> at) {
    for (size_t axis = 0; axis < at.size(); ++axis) at[axis] %= static_cast<size_t>(from[axis]);
    return at;
  };
  if (batch && !call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(Rows rows, PickedRows(call, x, to, batch, Moved(from, to, move)));
    return rows;
  }
  return Picked(call, 0, to, batch, Moved(from, to, move));
}

Outcome ConcatOfConstants(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Tensor joined, call.TensorAt(0));
  if (joined.shape.empty()) return absl::InvalidArgumentError("joins numbers");
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", 1), joined.shape.size()));
  size_t outer = 1;
  for (size_t i = 0; i < axis; ++i) outer *= static_cast<size_t>(joined.shape[i]);
  std::vector<Tensor> parts;
  for (size_t i = 1; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor next, call.TensorAt(i));
    Shape want = joined.shape;
    if (next.shape.size() == want.size()) want[axis] = next.shape[axis];
    if (next.kind != joined.kind || next.shape != want) {
      return absl::InvalidArgumentError(
          fmt::format("joins shapes {} and {}", ShapeText(joined.shape), ShapeText(next.shape)));
    }
    parts.push_back(std::move(next));
  }
  parts.insert(parts.begin(), std::move(joined));
  Tensor all{.kind = parts[0].kind, .shape = parts[0].shape};
  for (size_t i = 1; i < parts.size(); ++i) all.shape[axis] += parts[i].shape[axis];
  const auto append = [&](auto list, size_t o) {
    for (const Tensor& part : parts) {
      const size_t count = part.size() / std::max<size_t>(outer, 1);
      const auto from = (part.*list).begin() + static_cast<std::ptrdiff_t>(o * count);
      (all.*list).insert((all.*list).end(), from, from + static_cast<std::ptrdiff_t>(count));
    }
  };
  for (const Tensor& part : parts) HILLOCK_RETURN_IF_ERROR(part.Charge(call.budget));
  std::erase_if(parts, [](const Tensor& part) { return part.size() == 0; });
  if (parts.empty()) return ValueOf(std::move(all));
  for (size_t o = 0; o < outer; ++o) {
    if (all.kind == Tensor::Kind::kFloats) append(&Tensor::floats, o);
    if (all.kind == Tensor::Kind::kIntegers) append(&Tensor::integers, o);
    if (all.kind == Tensor::Kind::kStrings) append(&Tensor::strings, o);
  }
  return ValueOf(std::move(all));
}

// 1 - p, for p.
bool IsComplement(const Rows& q, const Rows& p) {
  return q.value.atom == p.value.atom && p.value.map == ScaleShift{} &&
         q.value.map == ScaleShift{{-1}, {1}};
}

Outcome Concat(const Call& call) {
  if (call.inputs() == 1) return PassThrough(call);
  if (call.IsConstant()) return ConcatOfConstants(call);
  std::vector<Rows> parts;
  size_t rank = 0;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(parts.emplace_back(), call.AnyRowsAt(i));
    rank = std::max(rank, parts.back().shape.size());
  }
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis, FromFront(call.node.Integer("axis", 1), rank));
  if (parts.size() == 2 && axis + 1 == rank && !parts[1].is_constant() &&
      IsComplement(parts[0], parts[1])) {
    Shape shape = parts[1].shape;
    shape.back() = 2;
    HILLOCK_ASSIGN_OR_RETURN(auto both, call.graph.AddComplement(parts[1], std::move(shape)));
    if (both) return *std::move(both);
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows joined, Joined(call, parts, axis));
  return joined;
}

// A sequence of tensors of one shape is put out as one, side by side along a new axis after that of
// the rows: what nothing else can be done with here.
Outcome SequenceConstruct(const Call& call) {
  std::vector<Rows> parts;
  size_t axis = 0;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Rows part, call.RowsAt(i));
    axis = BatchAxis(part.shape).value_or(0) + 1;
    if (axis > part.shape.size() || (i > 0 && part.shape != call.ShapeAt(0).value_or(Shape()))) {
      return absl::UnimplementedError("makes a sequence of tensors of different shapes");
    }
    part.shape.insert(part.shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return absl::UnimplementedError("makes an empty sequence");
  HILLOCK_ASSIGN_OR_RETURN(Rows joined, Joined(call, parts, axis));
  return joined;
}

// With a constant around it.
Outcome Pad(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto pads, call.Integers(1, "pads"));
  const size_t rank = x.shape.size();
  if (!pads || pads->size() != 2 * rank || call.node.Text("mode", "constant") != "constant" ||
      call.Has(3)) {
    return absl::UnimplementedError("pads otherwise than with a constant on each side");
  }
  Rows fill = RowGraph::Constant({double{call.node.Real("value", 0)}}, {});
  if (call.Has(2)) {
    HILLOCK_ASSIGN_OR_RETURN(fill, call.AnyRowsAt(2));
  }
  Rows padded = x;
  for (size_t axis = 0; axis < rank; ++axis) {
    const int64_t before = (*pads)[axis];
    const int64_t after = (*pads)[rank + axis];
    if (before == 0 && after == 0) continue;
    if (before < 0 || after < 0 || IsBatch(x.shape[axis]) || !fill.is_constant()) {
      return AcrossRows("pads");
    }
    if (before > kMostElements || after > kMostElements) {
      return absl::InvalidArgumentError(fmt::format("pads with {} and {}", before, after));
    }
    std::vector<Rows> parts;
    const auto add = [&](int64_t size) {
      Shape shape = padded.shape;
      shape[axis] = size;
      if (size > 0) parts.push_back(WithShape(fill, std::move(shape)));
    };
    add(before);
    parts.push_back(padded);
    add(after);
    HILLOCK_ASSIGN_OR_RETURN(padded, Joined(call, parts, axis));
  }
  return padded;
}

constexpr OperatorRow kRows[] = {
    {"", "Slice", Slice},
    {"", "Gather", Gather},
    {"", "GatherElements", GatherElements},
    {"", "Split", nullptr, Split},
    {"", "SequenceConstruct", SequenceConstruct},
    {"", "Transpose", Transpose},
    {"", "Expand", Expand},
    {"", "Tile", Tile},
    {"", "Concat", Concat},
    {"", "Pad", Pad},
    {kMlDomain, "ArrayFeatureExtractor", ArrayFeatureExtractor},
    {kMlDomain, "FeatureVectorizer", Concat},
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

// Constants have no axis of rows, and may lack the axes before their own.
absl::StatusOr<Rows> Joined(const Call& call, const std::vector<Rows>& parts, size_t axis) {
  const auto first =
      std::ranges::find_if(parts, [](const Rows& x) { return BatchAxis(x.shape).has_value(); });
  const Shape model = (first == parts.end() ? parts.front() : *first).shape;
  const auto batch = BatchAxis(model);
  if (batch == axis) return AcrossRows("joins values");
  Shape to = RowShape(model);
  to[axis] = 0;
  std::vector<Rows> aligned;
  for (const Rows& part : parts) {
    Shape want = model;
    if (part.shape.size() != model.size()) {
      return absl::InvalidArgumentError(
          fmt::format("joins shapes {} and {}", ShapeText(model), ShapeText(part.shape)));
    }
    want[axis] = part.shape[axis];
    if (RowShape(part.shape) != RowShape(want)) {
      return absl::InvalidArgumentError(
          fmt::format("joins shapes {} and {}", ShapeText(model), ShapeText(part.shape)));
    }
    to[axis] += part.shape[axis];
    aligned.push_back(WithShape(part, std::move(want)));
  }
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(to));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(uint32_t)));
  std::vector<uint32_t> columns;
  for (size_t i = 0; i < count; ++i) {
    std::vector<size_t> at = IndicesOf(to, i);
    size_t before = 0;
    size_t part = 0;
    while (at[axis] >= static_cast<size_t>(aligned[part].shape[axis])) {
      at[axis] -= static_cast<size_t>(aligned[part].shape[axis]);
      before += aligned[part++].width();
    }
    columns.push_back(static_cast<uint32_t>(before + NumberOf(RowShape(aligned[part].shape), at)));
  }
  if (batch) to[*batch] = model[*batch];
  HILLOCK_ASSIGN_OR_RETURN(Rows joined, call.graph.Select(aligned, columns, std::move(to)));
  joined.type = first == parts.end() ? parts.front().type : first->type;
  return joined;
}

std::span<const OperatorRow> IndexOperators() { return kRows; }

}  // namespace hillock::onnx
