// SPDX-License-Identifier: Apache-2.0

// Quantization. Weights become the floats that they stand for. Values that a file rounds to a grid
// are rounded to it, but stay what they stand for, too: those on the grid of a request, whose scale
// is not known before, have a scale of 1 and a zero point of 0 from then on.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "server/core/activation/activation.h"
#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/products/dense.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

// Scale and zero point: one, one along an axis, or one a block of that axis.
struct Grid {
  Tensor scale;
  Tensor zero;  // of no elements: 0
  size_t axis = 0;
  int64_t block = 0;  // elements along the axis that share an entry; 0: equal parts

  int64_t BlockAlong(size_t at, int64_t size) const {
    if (at != axis) return 1;
    return block > 0 ? block : size / std::max<int64_t>(scale.shape[at], 1);
  }
};

absl::StatusOr<Grid> GridAt(const Call& call, size_t scale, size_t zero, size_t rank) {
  Grid grid;
  HILLOCK_ASSIGN_OR_RETURN(grid.scale, call.TensorAt(scale));
  if (call.Has(zero)) {
    HILLOCK_ASSIGN_OR_RETURN(grid.zero, call.TensorAt(zero));
  }
  if (grid.scale.size() > 1) {
    HILLOCK_ASSIGN_OR_RETURN(grid.axis, FromFront(call.node.Integer("axis", 1), rank));
  }
  grid.block = call.node.Integer("block_size", 0);
  const bool fits = grid.zero.size() == 0 || grid.zero.size() == grid.scale.size();
  if (grid.scale.size() == 0 || !fits) {
    return absl::InvalidArgumentError("has zero points of another number than scales");
  }
  return grid;
}

// The entry of a grid for each element of a shape.
absl::StatusOr<size_t> EntryAt(const Grid& grid, const Shape& shape, size_t index) {
  if (grid.scale.size() == 1) return 0;
  if (grid.axis >= shape.size()) return absl::InvalidArgumentError("has scales for a number");
  const Shape strides = Strides(shape);
  if (grid.scale.shape.size() <= 1) {
    if (static_cast<int64_t>(grid.scale.size()) != shape[grid.axis]) {
      return absl::InvalidArgumentError("has not a scale for each index of its axis");
    }
    return index / static_cast<size_t>(strides[grid.axis]) % grid.scale.size();
  }
  if (grid.scale.shape.size() != shape.size()) {
    return absl::InvalidArgumentError("has scales of another number of axes");
  }
  size_t entry = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const int64_t size = grid.scale.shape[axis];
    const int64_t block = grid.BlockAlong(axis, shape[axis]);
    if (size < 1 || block < 1 || (shape[axis] + block - 1) / block != size) {
      return absl::InvalidArgumentError("has scales that do not fit its blocks");
    }
    const size_t at = index / static_cast<size_t>(strides[axis]) % static_cast<size_t>(shape[axis]);
    entry = entry * static_cast<size_t>(size) + at / static_cast<size_t>(block);
  }
  return entry;
}

// (q - zero) * scale, rounded to float once, as the definition has it.
absl::StatusOr<Tensor> Dequantized(const Call& call, const Tensor& q, const Grid& grid) {
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(q.size(), sizeof(float)));
  Tensor floats{.shape = q.shape};
  for (size_t i = 0; i < q.size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t entry, EntryAt(grid, q.shape, i));
    HILLOCK_ASSIGN_OR_RETURN(const double value, NumberAt(q, i));
    HILLOCK_ASSIGN_OR_RETURN(const double scale, NumberAt(grid.scale, entry));
    double zero = 0;
    if (grid.zero.size() > 0) {
      HILLOCK_ASSIGN_OR_RETURN(zero, NumberAt(grid.zero, entry));
    }
    floats.floats.push_back(static_cast<float>((value - zero) * scale));
  }
  return floats;
}

// The scales and zero points for the columns of rows.
absl::StatusOr<ScaleShift> MapOf(const Grid& grid, const Shape& shape) {
  const Shape row = RowShape(shape);
  ScaleShift map{{}, {}};
  const size_t count = grid.scale.size() == 1 ? 1 : WidthOf(row);
  for (size_t i = 0; i < count; ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t entry, EntryAt(grid, row, i));
    HILLOCK_ASSIGN_OR_RETURN(map.scale.emplace_back(), NumberAt(grid.scale, entry));
    map.shift.push_back(0);
    if (grid.zero.size() == 0) continue;
    HILLOCK_ASSIGN_OR_RETURN(map.shift.back(), NumberAt(grid.zero, entry));
  }
  return map;
}

// (q - zero) * scale of rows.
absl::StatusOr<Rows> DequantizedRows(const Rows& q, const Grid& grid) {
  HILLOCK_ASSIGN_OR_RETURN(ScaleShift map, MapOf(grid, q.shape));
  for (double& zero : map.shift) zero = -zero;
  Rows x = Mapped(q, {{1}, std::move(map.shift)});
  x = Mapped(x, {std::move(map.scale), {0}});
  x.type = DataType::kFloat;
  return x;
}

// The range of the integers that a zero point has the type of; UINT8 without one.
struct Range {
  float low = 0;
  float high = 255;
  DataType type = DataType::kUint8;
};

Range RangeOf(const Call& call, size_t zero) {
  DataType type = static_cast<DataType>(call.node.Integer("output_dtype", 0));
  if (call.Has(zero)) {
    const GraphValue* const value = call.values.Find(call.node.input(zero));
    if (const auto* const view = std::get_if<const TensorView*>(value)) type = (*view)->type;
    if (const auto* const tensor = std::get_if<std::shared_ptr<const Tensor>>(value)) {
      type = (*tensor)->type;
    }
  }
  switch (type) {
    case DataType::kInt8:
      return {-128, 127, type};
    case DataType::kInt16:
      return {-32768, 32767, type};
    case DataType::kUint16:
      return {0, 65535, type};
    default:
      return {};
  }
}

// round(x / scale) + zero, within the range.
absl::StatusOr<Rows> QuantizedRows(const Call& call, const Rows& x, const Grid& grid,
                                   const Range& range) {
  HILLOCK_ASSIGN_OR_RETURN(ScaleShift map, MapOf(grid, x.shape));
  for (double& scale : map.scale) {
    if (scale == 0) return absl::InvalidArgumentError("has a scale of 0");
    scale = 1 / scale;
  }
  HILLOCK_ASSIGN_OR_RETURN(
      Rows q, Combined(call, "round", {Mapped(x, {std::move(map.scale), {0}})}, range.type));
  q = Mapped(q, {{1}, std::move(map.shift)});
  return Activated(call, q, *activation::Find("clip"), {range.low, range.high});
}

Outcome DequantizeLinear(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Grid grid, GridAt(call, 1, 2, shape.size()));
  if (call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows q, call.RowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(Rows x, DequantizedRows(q, grid));
    return x;
  }
  HILLOCK_ASSIGN_OR_RETURN(const Tensor q, call.TensorAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Tensor floats, Dequantized(call, q, grid));
  return ValueOf(std::move(floats));
}

Outcome QuantizeLinear(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Grid grid, GridAt(call, 1, 2, x.shape.size()));
  if (!call.IsRows(0)) {
    const Range range = RangeOf(call, 2);
    HILLOCK_ASSIGN_OR_RETURN(const Tensor from, call.TensorAt(0));
    Tensor q{.kind = Tensor::Kind::kIntegers, .shape = from.shape, .type = range.type};
    HILLOCK_RETURN_IF_ERROR(call.budget.Take(from.size(), sizeof(int64_t)));
    for (size_t i = 0; i < from.size(); ++i) {
      HILLOCK_ASSIGN_OR_RETURN(const size_t entry, EntryAt(grid, from.shape, i));
      HILLOCK_ASSIGN_OR_RETURN(const double value, NumberAt(from, i));
      HILLOCK_ASSIGN_OR_RETURN(const double scale, NumberAt(grid.scale, entry));
      double zero = 0;
      if (grid.zero.size() > 0) {
        HILLOCK_ASSIGN_OR_RETURN(zero, NumberAt(grid.zero, entry));
      }
      const double at = std::nearbyint(value / scale) + zero;
      if (!std::isfinite(at)) return absl::InvalidArgumentError("quantizes what is not finite");
      q.integers.push_back(
          static_cast<int64_t>(std::clamp(at, double{range.low}, double{range.high})));
    }
    return ValueOf(std::move(q));
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows q, QuantizedRows(call, x, grid, RangeOf(call, 2)));
  return q;
}

Rows OnGridOfRequest(const Call& call, const Rows& x) {
  return call.graph.AddOperation(model::DynamicQuantize{}, {x.value}, x.shape, DataType::kFloat);
}

Outcomes DynamicQuantizeLinear(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  Tensor zero{.kind = Tensor::Kind::kIntegers, .integers = {0}, .type = DataType::kUint8};
  return std::vector<GraphValue>{OnGridOfRequest(call, x), ValueOf(Scalar(1)),
                                 ValueOf(std::move(zero))};
}

// Less its zero point: rows, or constant weights.
absl::StatusOr<Tensor> Centered(Tensor weights, const Tensor& zero) {
  Tensor floats{.shape = weights.shape};
  const auto columns = weights.shape.empty() ? int64_t{1} : weights.shape.back();
  for (size_t i = 0; i < weights.size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(double value, NumberAt(weights, i));
    if (zero.size() > 0) {
      const size_t at = zero.size() == 1 ? 0 : i % static_cast<size_t>(columns);
      if (at >= zero.size()) return absl::InvalidArgumentError("has too few zero points");
      HILLOCK_ASSIGN_OR_RETURN(const double subtracted, NumberAt(zero, at));
      value -= subtracted;
    }
    floats.floats.push_back(static_cast<float>(value));
  }
  return floats;
}

absl::StatusOr<Tensor> OptionalTensor(const Call& call, size_t input) {
  if (call.Has(input)) return call.TensorAt(input);
  return Tensor{};
}

absl::StatusOr<Rows> TimesWeights(const Call& call, const Rows& x, Tensor weights, bool transposed,
                                  size_t input) {
  HILLOCK_ASSIGN_OR_RETURN(Dense dense,
                           DenseOf(call, std::move(weights), transposed, call.node.input(input)));
  return Multiplied(call, x, std::move(dense));
}

Outcome MatMulInteger(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows a, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Tensor b, call.TensorAt(1));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor a_zero, OptionalTensor(call, 2));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor b_zero, OptionalTensor(call, 3));
  if (a_zero.size() > 1) return absl::UnimplementedError("has a zero point for each row");
  if (a_zero.size() == 1) {
    HILLOCK_ASSIGN_OR_RETURN(const double zero, NumberAt(a_zero, 0));
    a = Mapped(a, {{1}, {-zero}});
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(b.size(), sizeof(float)));
  HILLOCK_ASSIGN_OR_RETURN(b, Centered(std::move(b), b_zero));
  HILLOCK_ASSIGN_OR_RETURN(Rows y, TimesWeights(call, a, std::move(b), false, 1));
  y.type = DataType::kInt32;
  return y;
}

// a, a_scale, a_zero, b, b_scale, b_zero, and then either y_scale, y_zero or, for QGemm, c before
// them.
Outcome QuantizedProduct(const Call& call) {
  const bool is_gemm = call.node.op == "QGemm";
  const bool transposed = call.node.Integer("transB", 0) != 0;
  HILLOCK_ASSIGN_OR_RETURN(const Rows a, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Tensor b, call.TensorAt(3));
  HILLOCK_ASSIGN_OR_RETURN(Grid a_grid, GridAt(call, 1, 2, a.shape.size()));
  HILLOCK_ASSIGN_OR_RETURN(Grid b_grid, GridAt(call, 4, 5, b.shape.size()));
  b_grid.axis = transposed ? 0 : b.shape.size() - 1;
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, DequantizedRows(a, a_grid));
  HILLOCK_ASSIGN_OR_RETURN(b, Dequantized(call, b, b_grid));
  HILLOCK_ASSIGN_OR_RETURN(Rows y, TimesWeights(call, x, std::move(b), transposed, 3));
  if (is_gemm && call.node.Real("alpha", 1) != 1) {
    y = Mapped(y, {{double{call.node.Real("alpha", 1)}}, {0}});
  }
  if (is_gemm && call.Has(6)) {
    HILLOCK_ASSIGN_OR_RETURN(Rows c, call.AnyRowsAt(6));
    HILLOCK_ASSIGN_OR_RETURN(const double a_scale, NumberAt(a_grid.scale, 0));
    std::vector<double> scales;
    for (size_t i = 0; i < b_grid.scale.size(); ++i) {
      HILLOCK_ASSIGN_OR_RETURN(const double b_scale, NumberAt(b_grid.scale, i));
      scales.push_back(a_scale * b_scale);
    }
    HILLOCK_ASSIGN_OR_RETURN(c, Expanded(call, c, {y.shape.back()}));
    HILLOCK_ASSIGN_OR_RETURN(y, Add(call, y, Mapped(c, {std::move(scales), {0}})));
  }
  const size_t scale = is_gemm ? 7 : 6;
  y.type = DataType::kFloat;
  if (!call.Has(scale)) return y;
  HILLOCK_ASSIGN_OR_RETURN(const Grid y_grid, GridAt(call, scale, scale + 1, y.shape.size()));
  HILLOCK_ASSIGN_OR_RETURN(Rows q, QuantizedRows(call, y, y_grid, RangeOf(call, scale + 1)));
  return q;
}

// a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero.
Outcome QuantizedPair(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows a, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Rows b, call.AnyRowsAt(3));
  HILLOCK_ASSIGN_OR_RETURN(const Grid a_grid, GridAt(call, 1, 2, a.shape.size()));
  HILLOCK_ASSIGN_OR_RETURN(const Grid b_grid, GridAt(call, 4, 5, b.shape.size()));
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, DequantizedRows(a, a_grid));
  HILLOCK_ASSIGN_OR_RETURN(const Rows z, DequantizedRows(b, b_grid));
  const bool adds = call.node.op == "QLinearAdd";
  HILLOCK_ASSIGN_OR_RETURN(const Rows y, adds ? Add(call, x, z) : Multiply(call, x, z));
  HILLOCK_ASSIGN_OR_RETURN(const Grid y_grid, GridAt(call, 6, 7, y.shape.size()));
  HILLOCK_ASSIGN_OR_RETURN(Rows q, QuantizedRows(call, y, y_grid, RangeOf(call, 7)));
  return q;
}

// x, x_scale, x_zero, y_scale, y_zero around an activation.
Outcome QuantizedActivation(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows q, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Grid grid, GridAt(call, 1, 2, q.shape.size()));
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, DequantizedRows(q, grid));
  Rows y;
  if (call.node.op == "QLinearSoftmax") {
    HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                             FromFront(call.node.Integer("axis", -1), x.shape.size()));
    HILLOCK_ASSIGN_OR_RETURN(y, OverAxis(call, x, *activation::Find("softmax"), axis));
  } else if (call.node.op == "QLinearLeakyRelu") {
    HILLOCK_ASSIGN_OR_RETURN(
        y, Activated(call, x, *activation::Find("leaky_relu"), {call.node.Real("alpha", 0.01f)}));
  } else {
    HILLOCK_ASSIGN_OR_RETURN(y, Activated(call, x, "sigmoid"));
  }
  HILLOCK_ASSIGN_OR_RETURN(const Grid y_grid, GridAt(call, 3, 4, y.shape.size()));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, QuantizedRows(call, y, y_grid, RangeOf(call, 4)));
  return rows;
}

// a (floats), b, b_scale, b_zero, bias; or, for MatMulIntegerToFloat, a, b, a_scale, b_scale,
// a_zero, b_zero, bias.
Outcome ProductToFloat(const Call& call) {
  const bool is_dynamic = call.node.op == "DynamicQuantizeMatMul";
  HILLOCK_ASSIGN_OR_RETURN(Rows a, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Tensor b, call.TensorAt(1));
  HILLOCK_ASSIGN_OR_RETURN(Grid grid,
                           GridAt(call, is_dynamic ? 2 : 3, is_dynamic ? 3 : 5, b.shape.size()));
  grid.axis = b.shape.size() - 1;
  if (is_dynamic) {
    a = OnGridOfRequest(call, a);
  } else {
    HILLOCK_ASSIGN_OR_RETURN(const Grid a_grid, GridAt(call, 2, 4, a.shape.size()));
    HILLOCK_ASSIGN_OR_RETURN(a, DequantizedRows(a, a_grid));
  }
  HILLOCK_ASSIGN_OR_RETURN(b, Dequantized(call, b, grid));
  HILLOCK_ASSIGN_OR_RETURN(Rows y, TimesWeights(call, a, std::move(b), false, 1));
  const size_t bias = is_dynamic ? 4 : 6;
  if (!call.Has(bias)) return y;
  HILLOCK_ASSIGN_OR_RETURN(const Rows c, call.AnyRowsAt(bias));
  HILLOCK_ASSIGN_OR_RETURN(y, Add(call, y, c));
  return y;
}

constexpr OperatorRow kRows[] = {
    {"", "DequantizeLinear", DequantizeLinear},
    {kMicrosoftDomain, "DequantizeLinear", DequantizeLinear},
    {"", "QuantizeLinear", QuantizeLinear},
    {kMicrosoftDomain, "QuantizeLinear", QuantizeLinear},
    {"", "DynamicQuantizeLinear", nullptr, DynamicQuantizeLinear},
    {"", "MatMulInteger", MatMulInteger},
    {"", "QLinearMatMul", QuantizedProduct},
    {kMicrosoftDomain, "QGemm", QuantizedProduct},
    {kMicrosoftDomain, "QLinearAdd", QuantizedPair},
    {kMicrosoftDomain, "QLinearMul", QuantizedPair},
    {kMicrosoftDomain, "QLinearSigmoid", QuantizedActivation},
    {kMicrosoftDomain, "QLinearLeakyRelu", QuantizedActivation},
    {kMicrosoftDomain, "QLinearSoftmax", QuantizedActivation},
    {kMicrosoftDomain, "DynamicQuantizeMatMul", ProductToFloat},
    {kMicrosoftDomain, "MatMulIntegerToFloat", ProductToFloat},
};

}  // namespace

std::span<const OperatorRow> QuantizationOperators() { return kRows; }

}  // namespace hillock::onnx
