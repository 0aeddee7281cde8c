// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/operators/constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "server/core/model/function_operator.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

using Kind = Tensor::Kind;

// A function of constants, from whichever table has the operator.
struct ConstantFunction {
  size_t arity = 0;
  double (*apply)(double a, double b, double c) = nullptr;
};

ConstantFunction FunctionOf(const NodeView& node) {
  const std::string_view op = node.op;
  if (op == "Neg") return {1, [](double a, double, double) { return -a; }};
  if (op == "Mod") return {2, model::FindFunction(ModuloOf(node))->reference};
  if (const Primitive* const primitive = FindPrimitive(op)) {
    return {primitive->arity, primitive->apply};
  }
  if (const model::FunctionOperator* const row = model::FindFunctionOperator(op)) {
    const model::Function* const function = model::FindFunction(row->function);
    return {function->arity, function->reference};
  }
  return {};
}

absl::Status AppendNumber(Tensor& tensor, double value) {
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

bool HasBatch(const Tensor& tensor) { return std::ranges::any_of(tensor.integers, IsBatch); }

// The number of rows times a whole number. REQUIRES: one of them is the number of rows.
std::optional<int64_t> Multiplied(int64_t a, int64_t b) {
  const int64_t batch = IsBatch(a) ? a : b;
  const int64_t times = IsBatch(a) ? b : a;
  if (times <= 0 || times >= kMostTimesBatch / TimesOf(batch)) return std::nullopt;
  return BatchTimes(TimesOf(batch) * times);
}

// The number of rows divided by a whole number, or by itself.
std::optional<int64_t> Divided(int64_t a, int64_t b) {
  if (!IsBatch(a)) return std::nullopt;
  if (IsBatch(b) && TimesOf(a) % TimesOf(b) == 0) return TimesOf(a) / TimesOf(b);
  if (b > 0 && TimesOf(a) % b == 0) return BatchTimes(TimesOf(a) / b);
  return std::nullopt;
}

// What an operator makes of the number of rows; none where that is not known before there are rows.
// Whether it is a certain size is answered with no. REQUIRES: one of them is the number of rows.
std::optional<int64_t> WithBatch(std::string_view op, int64_t a, int64_t b) {
  if (op == "Mul") return Multiplied(a, b);
  if (op == "Div") return Divided(a, b);
  if (op == "Max" && IsBatch(a) && b <= 1) return a;
  if (op == "Max" && IsBatch(b) && a <= 1) return b;
  if (op == "Equal") return a == b ? 1 : 0;
  return std::nullopt;
}

// The tensors of a node, broadcast together.
struct Inputs {
  std::vector<Tensor> tensors;
  std::vector<Shape> strides;
  Shape shape;
  bool floats = false;
};

absl::StatusOr<Inputs> Broadcasts(const Call& call) {
  Inputs inputs;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor tensor, call.TensorAt(i));
    HILLOCK_ASSIGN_OR_RETURN(inputs.shape,
                             i == 0 ? tensor.shape : Broadcast(inputs.shape, tensor.shape));
    inputs.tensors.push_back(std::move(tensor));
  }
  for (const Tensor& tensor : inputs.tensors) {
    inputs.strides.push_back(BroadcastStrides(tensor.shape, inputs.shape));
    inputs.floats = inputs.floats || tensor.kind == Kind::kFloats;
  }
  return inputs;
}

size_t OffsetOf(const Inputs& in, size_t tensor, size_t element) {
  return Offset(in.shape, in.strides[tensor], element);
}

bool MayMeetBatch(const Inputs& in) {
  const auto is_integral = [](const Tensor& tensor) { return tensor.kind == Kind::kIntegers; };
  return in.tensors.size() == 2 && std::ranges::all_of(in.tensors, is_integral) &&
         std::ranges::any_of(in.tensors, HasBatch);
}

// An element of the result where the number of rows is one of its operands, and that can be told.
std::optional<int64_t> BatchAt(std::string_view op, const Inputs& in, size_t element) {
  const int64_t a = in.tensors[0].integers[OffsetOf(in, 0, element)];
  const int64_t b = in.tensors[1].integers[OffsetOf(in, 1, element)];
  return IsBatch(a) || IsBatch(b) ? WithBatch(op, a, b) : std::nullopt;
}

// An element of the result. The operator is folded from the left over any number of inputs.
absl::StatusOr<double> ValueAt(const ConstantFunction& f, const Inputs& in, size_t element) {
  std::vector<double> x;
  for (size_t t = 0; t < in.tensors.size(); ++t) {
    HILLOCK_ASSIGN_OR_RETURN(x.emplace_back(), NumberAt(in.tensors[t], OffsetOf(in, t, element)));
  }
  if (f.arity == 3) return f.apply(x[0], x[1], x[2]);
  double value = f.apply(x[0], x.size() > 1 ? x[1] : 0, 0);
  for (size_t t = 2; t < x.size() && f.arity == 2; ++t) value = f.apply(value, x[t], 0);
  return value;
}

// Whole tensors of numbers.
absl::StatusOr<Tensor> Compute(const Call& call, const ConstantFunction& f, const Inputs& in) {
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(in.shape));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(int64_t)));
  const bool is_where = call.node.op == "Where";
  const bool floats = is_where ? in.tensors.back().kind == Kind::kFloats : in.floats;
  Tensor result{.kind = floats ? Kind::kFloats : Kind::kIntegers, .shape = in.shape};
  const bool may_meet_batch = MayMeetBatch(in);
  for (size_t i = 0; i < count; ++i) {
    const auto known = may_meet_batch ? BatchAt(call.node.op, in, i) : std::nullopt;
    if (known) {
      result.integers.push_back(*known);
      continue;
    }
    HILLOCK_ASSIGN_OR_RETURN(const double value, ValueAt(f, in, i));
    HILLOCK_RETURN_IF_ERROR(AppendNumber(result, value));
  }
  return result;
}

// A choice by one condition needs no arithmetic, so it may be between strings.
Outcome ChosenTensor(const Call& call, const Inputs& in) {
  HILLOCK_ASSIGN_OR_RETURN(const double chosen, NumberAt(in.tensors[0], 0));
  const size_t at = chosen != 0 ? 1 : 2;
  HILLOCK_ASSIGN_OR_RETURN(Tensor picked,
                           PickedTensor(call.budget, in.tensors[at], in.shape,
                                        [&](size_t i) { return OffsetOf(in, at, i); }));
  return ValueOf(std::move(picked));
}

// A choice element by element between shapes, one of which has the number of rows.
Outcome ChosenSizes(const Inputs& in) {
  Tensor picked = in.tensors[2];
  for (size_t i = 0; i < picked.integers.size() && picked.shape == in.shape; ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const double chosen, NumberAt(in.tensors[0], OffsetOf(in, 0, i)));
    if (chosen != 0) picked.integers[i] = in.tensors[1].integers[OffsetOf(in, 1, i)];
  }
  return ValueOf(std::move(picked));
}

}  // namespace

Tensor WithShape(Tensor tensor, Shape shape) {
  tensor.shape = std::move(shape);
  return tensor;
}

absl::StatusOr<Tensor> PickedTensor(Budget& budget, const Tensor& source, Shape shape,
                                    const std::function<size_t(size_t)>& from) {
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(shape));
  const bool strings = source.kind == Kind::kStrings;
  HILLOCK_RETURN_IF_ERROR(budget.Take(count, strings ? sizeof(std::string) : sizeof(int64_t)));
  Tensor tensor{.kind = source.kind, .shape = std::move(shape)};
  for (size_t i = 0; i < count; ++i) {
    const size_t at = from(i);
    if (source.kind == Kind::kFloats) tensor.floats.push_back(source.floats[at]);
    if (source.kind == Kind::kIntegers) tensor.integers.push_back(source.integers[at]);
    if (!strings) continue;
    HILLOCK_RETURN_IF_ERROR(budget.Take(source.strings[at].size(), 1));
    tensor.strings.push_back(source.strings[at]);
  }
  return tensor;
}

std::string_view ModuloOf(const NodeView& node) {
  return node.Integer("fmod", 0) != 0 ? "fmod" : "mod";
}

Outcome ComputeConstants(const Call& call) {
  const ConstantFunction f = FunctionOf(call.node);
  if (f.apply == nullptr) return absl::UnimplementedError("is not computed on constants");
  HILLOCK_ASSIGN_OR_RETURN(const Inputs in, Broadcasts(call));
  const bool variadic = f.arity == 2 && in.tensors.size() > 1;
  if (in.tensors.size() != f.arity && !variadic) {
    return absl::InvalidArgumentError(
        fmt::format("has {} inputs, want {}", in.tensors.size(), f.arity));
  }
  if (f.arity == 3 && in.tensors[0].is_scalar() && !HasBatch(in.tensors[0])) {
    return ChosenTensor(call, in);
  }
  if (f.arity == 3 && HasBatch(in.tensors[2]) && in.tensors[1].kind == Kind::kIntegers) {
    return ChosenSizes(in);
  }
  HILLOCK_ASSIGN_OR_RETURN(Tensor result, Compute(call, f, in));
  return ValueOf(std::move(result));
}

absl::StatusOr<Tensor> TensorOf(const Call& call, const AttributeView& attribute) {
  HILLOCK_ASSIGN_OR_RETURN(const TensorView view, ParseTensor(*attribute.tensor));
  const ExternalFile none = [](std::string_view) -> absl::StatusOr<std::string_view> {
    return absl::UnimplementedError("keeps its value in another file");
  };
  return ReadTensor(view, none, call.budget);
}

absl::StatusOr<Tensor> CastTensor(Tensor tensor, DataType type) {
  const bool to_floats = type == DataType::kFloat || type == DataType::kDouble ||
                         type == DataType::kFloat16 || type == DataType::kBfloat16;
  if (type == DataType::kString || tensor.kind == Kind::kStrings) {
    if (tensor.kind == Kind::kStrings && type == DataType::kString) return tensor;
    return absl::UnimplementedError("casts to or from strings");
  }
  if (to_floats == (tensor.kind == Kind::kFloats) && type != DataType::kBool) return tensor;
  Tensor cast{.kind = to_floats ? Kind::kFloats : Kind::kIntegers, .shape = tensor.shape};
  for (size_t i = 0; i < tensor.size(); ++i) {
    if (!to_floats && tensor.kind == Kind::kIntegers && IsBatch(tensor.integers[i])) {
      cast.integers.push_back(tensor.integers[i]);
      continue;
    }
    HILLOCK_ASSIGN_OR_RETURN(const double value, NumberAt(tensor, i));
    HILLOCK_RETURN_IF_ERROR(AppendNumber(cast, type == DataType::kBool ? value != 0 : value));
  }
  return cast;
}

}  // namespace hillock::onnx
