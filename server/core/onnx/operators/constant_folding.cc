#include "server/core/onnx/operators/constant_folding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "server/core/onnx/symbolic/expression.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

using Kind = Tensor::Kind;

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

// A node with its inputs, all constant.
struct Job {
  const NodeView& node;
  std::vector<Tensor>& inputs;
  int64_t opset;
  Budget& budget;

  Tensor& input(size_t i) { return inputs[i]; }
  bool Has(size_t i) const { return !node.input(i).empty() && i < inputs.size(); }
};

using Result = absl::StatusOr<Tensor>;

Tensor WithShape(Tensor tensor, Shape shape) {
  tensor.shape = std::move(shape);
  return tensor;
}

absl::StatusOr<std::optional<Shape>> Integers(Job& job, size_t input, std::string_view attribute) {
  if (job.Has(input)) return job.input(input).integers;
  const AttributeView* const found = job.node.Find(attribute);
  if (found == nullptr) return std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(Shape integers, found->Integers());
  return integers;
}

// A tensor of `shape` whose element i is element from(i) of `source`.
Result Picked(Job& job, const Tensor& source, Shape shape,
              const std::function<size_t(size_t)>& from) {
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(shape));
  const bool strings = source.kind == Kind::kStrings;
  HILLOCK_RETURN_IF_ERROR(job.budget.Take(count, strings ? sizeof(std::string) : sizeof(int64_t)));
  Tensor tensor{.kind = source.kind, .shape = std::move(shape)};
  for (size_t i = 0; i < count; ++i) {
    const size_t at = from(i);
    if (source.kind == Kind::kFloats) tensor.floats.push_back(source.floats[at]);
    if (source.kind == Kind::kIntegers) tensor.integers.push_back(source.integers[at]);
    if (!strings) continue;
    HILLOCK_RETURN_IF_ERROR(job.budget.Take(source.strings[at].size(), 1));
    tensor.strings.push_back(source.strings[at]);
  }
  return tensor;
}

Shape Strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

// The offset, by `strides`, of the element that lies `index` elements into `shape`.
size_t Offset(const Shape& shape, const Shape& strides, size_t index) {
  size_t offset = 0;
  for (size_t axis = shape.size(); axis-- > 0;) {
    const auto size = static_cast<size_t>(shape[axis]);
    offset += index % size * static_cast<size_t>(strides[axis]);
    index /= size;
  }
  return offset;
}

Result Constant(Job& job) {
  if (const AttributeView* const value = job.node.Find("value"); value && value->tensor) {
    HILLOCK_ASSIGN_OR_RETURN(const TensorView view, ParseTensor(*value->tensor));
    const ExternalFile none = [](std::string_view) -> absl::StatusOr<std::string_view> {
      return absl::UnimplementedError("keeps its value in another file");
    };
    return ReadTensor(view, none, job.budget);
  }
  if (const AttributeView* const value = job.node.Find("value_float")) {
    return Scalar(value->real.value_or(0));
  }
  if (const AttributeView* const value = job.node.Find("value_int")) {
    return WithShape(IntegerVector({value->integer.value_or(0)}), {});
  }
  if (const AttributeView* const value = job.node.Find("value_ints")) {
    HILLOCK_ASSIGN_OR_RETURN(Shape integers, value->Integers());
    return IntegerVector(std::move(integers));
  }
  if (const AttributeView* const value = job.node.Find("value_floats")) {
    Tensor tensor;
    HILLOCK_ASSIGN_OR_RETURN(tensor.floats, value->Reals());
    tensor.shape = {static_cast<int64_t>(tensor.floats.size())};
    return tensor;
  }
  return absl::UnimplementedError("has no value of a type that is read");
}

Result ConstantOfShape(Job& job) {
  Tensor value = Scalar(0);
  if (job.node.Find("value") != nullptr) {
    HILLOCK_ASSIGN_OR_RETURN(value, Constant(job));
  }
  if (value.size() != 1) return absl::InvalidArgumentError("has no single value");
  Shape shape = job.input(0).integers;
  // Every row gets the same, so that one stands for all.
  if (!shape.empty() && shape.front() == kBatch) shape.front() = 1;
  return Picked(job, value, shape, [](size_t) { return 0; });
}

Result Same(Job& job) { return std::move(job.input(0)); }

Tensor ToFloats(Tensor tensor) {
  if (tensor.kind != Kind::kIntegers) return tensor;
  tensor.kind = Kind::kFloats;
  tensor.floats.assign(tensor.integers.begin(), tensor.integers.end());
  tensor.integers.clear();
  return tensor;
}

Result ToIntegers(Tensor tensor) {
  if (tensor.kind != Kind::kFloats) return tensor;
  tensor.kind = Kind::kIntegers;
  for (const float value : tensor.floats) {
    if (!(std::abs(double{value}) < kExactIntegers)) {
      return absl::InvalidArgumentError(fmt::format("casts {} to an integer", value));
    }
    tensor.integers.push_back(static_cast<int64_t>(value));
  }
  tensor.floats.clear();
  return tensor;
}

Result Cast(Job& job) {
  switch (static_cast<DataType>(job.node.Integer("to", 0))) {
    case DataType::kFloat:
    case DataType::kDouble:
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return ToFloats(std::move(job.input(0)));
    case DataType::kString:
      return absl::UnimplementedError("casts to strings");
    default:
      return ToIntegers(std::move(job.input(0)));
  }
}

Result CastLike(Job& job) {
  Tensor& from = job.input(0);
  return job.input(1).kind == Kind::kFloats ? ToFloats(std::move(from))
                                            : ToIntegers(std::move(from));
}

Result ShapeOf(Job& job) { return IntegerVector(job.input(0).shape); }

Result Reshape(Job& job) {
  HILLOCK_ASSIGN_OR_RETURN(const auto wanted, Integers(job, 1, "shape"));
  if (!wanted) return absl::InvalidArgumentError("has no shape");
  const bool zero_copies = job.node.Integer("allowzero", 0) == 0;
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Reshaped(job.input(0).shape, *wanted, zero_copies));
  return WithShape(std::move(job.input(0)), std::move(shape));
}

Result Flatten(Job& job) {
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Flattened(job.input(0).shape, job.node.Integer("axis", 1)));
  return WithShape(std::move(job.input(0)), std::move(shape));
}

Result Squeeze(Job& job) {
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, Integers(job, 1, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Squeezed(job.input(0).shape, axes));
  return WithShape(std::move(job.input(0)), std::move(shape));
}

Result Unsqueeze(Job& job) {
  HILLOCK_ASSIGN_OR_RETURN(const auto axes, Integers(job, 1, "axes"));
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Unsqueezed(job.input(0).shape, axes.value_or(Shape())));
  return WithShape(std::move(job.input(0)), std::move(shape));
}

Result Transpose(Job& job) {
  const Tensor& from = job.input(0);
  HILLOCK_ASSIGN_OR_RETURN(auto perm, Integers(job, 1, "perm"));
  if (!perm) {
    perm.emplace();
    for (size_t i = from.shape.size(); i-- > 0;) perm->push_back(static_cast<int64_t>(i));
  }
  HILLOCK_RETURN_IF_ERROR(CheckPermutation(*perm, from.shape));
  if (from.kind == Kind::kFloats && *perm == Shape{1, 0}) {
    HILLOCK_RETURN_IF_ERROR(job.budget.Take(from.size(), sizeof(float)));
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
  return Picked(job, from, shape, [&](size_t i) { return Offset(shape, moved, i); });
}

Result Concat(Job& job) {
  Tensor joined = std::move(job.input(0));
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(job.node.Integer("axis", 1), joined.shape.size()));
  const size_t ones = static_cast<size_t>(std::ranges::count(joined.shape, 1));
  if (ones + 1 < joined.shape.size() || (ones < joined.shape.size() && joined.shape[axis] == 1)) {
    return absl::UnimplementedError("joins constants that are no vectors");
  }
  for (size_t i = 1; i < job.inputs.size(); ++i) {
    const Tensor& next = job.input(i);
    Shape want = joined.shape;
    if (next.shape.size() == want.size()) want[axis] = next.shape[axis];
    if (next.kind != joined.kind || next.shape != want) {
      return absl::InvalidArgumentError(
          fmt::format("joins shapes {} and {}", ShapeText(joined.shape), ShapeText(next.shape)));
    }
    HILLOCK_RETURN_IF_ERROR(next.Charge(job.budget));
    joined.shape[axis] += next.shape[axis];
    joined.floats.insert(joined.floats.end(), next.floats.begin(), next.floats.end());
    joined.integers.insert(joined.integers.end(), next.integers.begin(), next.integers.end());
    joined.strings.insert(joined.strings.end(), next.strings.begin(), next.strings.end());
  }
  return joined;
}

Result Gather(Job& job) {
  const Tensor& from = job.input(0);
  const Tensor& indices = job.input(1);
  if (from.shape.size() != 1 || indices.kind != Kind::kIntegers) {
    return absl::UnimplementedError("picks from a constant that is no vector");
  }
  std::vector<size_t> at;
  for (const int64_t index : indices.integers) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t front, FromFront(index, from.size()));
    at.push_back(front);
  }
  return Picked(job, from, indices.shape, [&](size_t i) { return at[i]; });
}

// Of vectors with step 1, which is what shapes are cut with.
Result Slice(Job& job) {
  const Tensor& from = job.input(0);
  HILLOCK_ASSIGN_OR_RETURN(const auto starts, Integers(job, 1, "starts"));
  HILLOCK_ASSIGN_OR_RETURN(const auto ends, Integers(job, 2, "ends"));
  const bool steps = job.Has(4) && job.input(4).integers != Shape{1};
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
  return Picked(job, from, {static_cast<int64_t>(last - first)},
                [&](size_t i) { return first + i; });
}

absl::StatusOr<Shape> Broadcast(const Shape& a, const Shape& b) {
  Shape shape(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      return absl::InvalidArgumentError(
          fmt::format("combines shapes {} and {}", ShapeText(a), ShapeText(b)));
    }
    shape[shape.size() - 1 - i] = x == 1 ? y : x;
  }
  return shape;
}

// The strides of `from` when it is broadcast to `to`.
Shape BroadcastStrides(const Shape& from, const Shape& to) {
  Shape strides = Strides(from);
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] == 1) strides[i] = 0;
  }
  strides.insert(strides.begin(), to.size() - from.size(), 0);
  return strides;
}

Result Expand(Job& job) {
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Broadcast(job.input(0).shape, job.input(1).integers));
  HILLOCK_RETURN_IF_ERROR(ElementCount(shape).status());
  const Shape strides = BroadcastStrides(job.input(0).shape, shape);
  return Picked(job, job.input(0), shape, [&](size_t i) { return Offset(shape, strides, i); });
}

absl::StatusOr<double> Number(const Tensor& tensor, size_t i) {
  if (tensor.kind == Kind::kFloats) return double{tensor.floats[i]};
  if (tensor.kind == Kind::kStrings || tensor.integers[i] == kBatch) {
    return absl::UnimplementedError("calculates with the number of rows, or with strings");
  }
  return static_cast<double>(tensor.integers[i]);
}

absl::Status Append(Tensor& tensor, double value) {
  if (tensor.kind == Kind::kFloats) {
    tensor.floats.push_back(static_cast<float>(value));
    return absl::OkStatus();
  }
  if (!(std::abs(value) < kExactIntegers)) {
    return absl::InvalidArgumentError(fmt::format("computes the integer {}", value));
  }
  tensor.integers.push_back(static_cast<int64_t>(value));
  return absl::OkStatus();
}

Result Compute(Job& job, const Primitive& primitive) {
  if (job.inputs.size() != primitive.arity || primitive.arity > 2) {
    return absl::UnimplementedError(
        fmt::format("has {} constant inputs, want {}", job.inputs.size(), primitive.arity));
  }
  const Tensor& a = job.input(0);
  const Tensor& b = job.inputs.back();
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Broadcast(a.shape, b.shape));
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(shape));
  HILLOCK_RETURN_IF_ERROR(job.budget.Take(count, sizeof(int64_t)));
  const bool floats = a.kind == Kind::kFloats || b.kind == Kind::kFloats;
  Tensor result{.kind = floats ? Kind::kFloats : Kind::kIntegers, .shape = shape};
  const Shape a_strides = BroadcastStrides(a.shape, shape);
  const Shape b_strides = BroadcastStrides(b.shape, shape);
  for (size_t i = 0; i < count; ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const double x, Number(a, Offset(shape, a_strides, i)));
    HILLOCK_ASSIGN_OR_RETURN(const double y, Number(b, Offset(shape, b_strides, i)));
    HILLOCK_RETURN_IF_ERROR(Append(result, primitive.apply(x, y, 0)));
  }
  return result;
}

constexpr Primitive kNeg{"Neg", 1, [](double a, double, double) { return -a; }, false};

Result Negate(Job& job) { return Compute(job, kNeg); }

struct Row {
  std::string_view op;
  size_t inputs;  // that must be there
  Result (*fold)(Job& job);
};

constexpr Row kFolds[] = {
    {"Constant", 0, Constant},   {"ConstantOfShape", 1, ConstantOfShape},
    {"Identity", 1, Same},       {"Dropout", 1, Same},
    {"Cast", 1, Cast},           {"CastLike", 2, CastLike},
    {"Shape", 1, ShapeOf},       {"Reshape", 1, Reshape},
    {"Flatten", 1, Flatten},     {"Squeeze", 1, Squeeze},
    {"Unsqueeze", 1, Unsqueeze}, {"Transpose", 1, Transpose},
    {"Concat", 1, Concat},       {"Gather", 2, Gather},
    {"Slice", 1, Slice},         {"Expand", 2, Expand},
    {"Neg", 1, Negate},
};

// An input that is left out has no elements, whatever its shape says.
absl::Status CheckInputs(const NodeView& node, size_t got, size_t want) {
  if (got < want) {
    return absl::InvalidArgumentError(fmt::format("has {} inputs, want {}", got, want));
  }
  for (size_t i = 0; i < want; ++i) {
    if (!node.input(i).empty()) continue;
    return absl::InvalidArgumentError(fmt::format("leaves input {} out, which it needs", i));
  }
  return absl::OkStatus();
}

}  // namespace

Result Fold(const NodeView& node, std::vector<Tensor> inputs, int64_t opset, Budget& budget) {
  Job job{node, inputs, opset, budget};
  const bool standard = node.domain.empty() || node.domain == "ai.onnx";
  const auto* const row = std::ranges::find(kFolds, node.op, &Row::op);
  if (standard && row != std::end(kFolds)) {
    HILLOCK_RETURN_IF_ERROR(CheckInputs(node, inputs.size(), row->inputs));
    return row->fold(job);
  }
  if (standard && FindPrimitive(node.op) != nullptr) {
    HILLOCK_RETURN_IF_ERROR(CheckInputs(node, inputs.size(), inputs.size()));
    return Compute(job, *FindPrimitive(node.op));
  }
  return absl::UnimplementedError("is not computed on constants");
}

}  // namespace hillock::onnx
