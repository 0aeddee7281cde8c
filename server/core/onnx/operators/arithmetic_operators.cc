// SPDX-License-Identifier: Apache-2.0

// Arithmetic. With a constant it only changes scale and shift; of two values of one base it may be
// part of an activation; everything else is a layer that combines values.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

std::vector<double> Sum(const std::vector<double>& a, const std::vector<double>& b, double sign) {
  std::vector<double> sum(std::max(a.size(), b.size()));
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] = a[a.size() == 1 ? 0 : i] + sign * b[b.size() == 1 ? 0 : i];
  }
  return sum;
}

const Primitive& Named(std::string_view op) {
  const Primitive* const primitive = FindPrimitive(op);
  HILLOCK_CHECK(primitive != nullptr);
  return *primitive;
}

// Both in the shape that they are broadcast to together.
struct Pair {
  Rows a;
  Rows b;
};

absl::StatusOr<Pair> Aligned(const Call& call, const Rows& a, const Rows& b) {
  HILLOCK_ASSIGN_OR_RETURN(const Shape shape, Broadcast(a.shape, b.shape));
  Pair pair;
  HILLOCK_ASSIGN_OR_RETURN(pair.a, Expanded(call, a, shape));
  HILLOCK_ASSIGN_OR_RETURN(pair.b, Expanded(call, b, shape));
  return pair;
}

// The function of every column, of constants alone.
Rows Folded(const Primitive& primitive, const std::vector<Rows>& operands, Shape shape) {
  const bool uniform = std::ranges::all_of(
      operands, [](const Rows& rows) { return rows.value.map.shift.size() == 1; });
  std::vector<double> values(uniform ? 1 : WidthOf(shape));
  for (size_t c = 0; c < values.size(); ++c) {
    double x[3] = {};
    for (size_t i = 0; i < operands.size() && i < 3; ++i) x[i] = operands[i].value.map.shift_at(c);
    values[c] = primitive.apply(x[0], x[1], x[2]);
  }
  return RowGraph::Constant(std::move(values), std::move(shape));
}

bool IsComparison(std::string_view op) {
  for (const std::string_view name :
       {"Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"}) {
    if (op == name) return true;
  }
  return false;
}

DataType TypeOf(std::string_view op, const std::vector<Rows>& operands) {
  if (IsComparison(op)) return DataType::kBool;
  const std::span<const Rows> values(op == "Where" ? operands.begin() + 1 : operands.begin(),
                                     operands.end());
  const auto rows = std::ranges::find_if(values, [](const Rows& x) { return !x.is_constant(); });
  return rows == values.end() ? values.front().type : rows->type;
}

// The base that all depend on, or none.
std::optional<int> CommonBase(const Call& call, const std::vector<Rows>& operands) {
  std::optional<int> base;
  for (const Rows& operand : operands) {
    if (operand.is_constant()) continue;
    const int own = call.graph.expression()[operand.value.atom].base;
    if (base && *base != own) return std::nullopt;
    base = own;
  }
  return base;
}

bool IsTruncated(const std::vector<Rows>& operands) {
  return std::ranges::all_of(operands, &Rows::is_integral);
}

Outcome Addition(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows a, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Rows b, call.AnyRowsAt(1));
  HILLOCK_ASSIGN_OR_RETURN(Rows sum, Add(call, a, b, call.node.op == "Sub" ? -1 : 1));
  return sum;
}

Outcome Multiplication(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows a, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Rows b, call.AnyRowsAt(1));
  HILLOCK_ASSIGN_OR_RETURN(Rows product, Multiply(call, a, b));
  return product;
}

// Integers are divided towards 0.
Outcome Division(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows a, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Rows b, call.AnyRowsAt(1));
  if (!IsTruncated({a, b})) {
    HILLOCK_ASSIGN_OR_RETURN(Rows quotient, Divide(call, a, b));
    return quotient;
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows quotient, Combined(call, "div", {a, b}, a.type));
  HILLOCK_ASSIGN_OR_RETURN(Rows whole, Combined(call, "trunc", {quotient}, a.type));
  return whole;
}

Outcome Negation(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  return Mapped(x, {{-1}, {0}});
}

// Of any number of inputs.
template <class Join>
absl::StatusOr<Rows> Chained(const Call& call, const Join& join) {
  HILLOCK_ASSIGN_OR_RETURN(Rows all, call.AnyRowsAt(0));
  for (size_t i = 1; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows next, call.AnyRowsAt(i));
    HILLOCK_ASSIGN_OR_RETURN(all, join(all, next));
  }
  return all;
}

Outcome SumOrMean(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(
      Rows sum, Chained(call, [&](const Rows& a, const Rows& b) { return onnx::Add(call, a, b); }));
  if (call.node.op == "Mean") sum = Mapped(sum, {{1.0 / static_cast<double>(call.inputs())}, {0}});
  return sum;
}

Outcome MinOrMax(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows all, Chained(call, [&](const Rows& a, const Rows& b) {
                             return Apply(call, call.node.op, {a, b});
                           }));
  return all;
}

Outcome Constants(const Call& call) { return ComputeConstants(call); }

template <Outcome (*rows)(const Call&)>
Outcome EitherWay(const Call& call) {
  return call.IsConstant() ? Constants(call) : rows(call);
}

constexpr OperatorRow kRows[] = {
    {"", "Add", EitherWay<Addition>},
    {"", "Sub", EitherWay<Addition>},
    {"", "Mul", EitherWay<Multiplication>},
    {"", "Div", EitherWay<Division>},
    {"", "Neg", EitherWay<Negation>},
    {"", "Sum", EitherWay<SumOrMean>},
    {"", "Mean", SumOrMean},
    {"", "Min", EitherWay<MinOrMax>},
    {"", "Max", EitherWay<MinOrMax>},
};

}  // namespace

Rows Mapped(const Rows& x, const ScaleShift& map) {
  Rows mapped = x;
  mapped.column_names.clear();
  mapped.value.map = ScaleShift::Compose(x.value.map, map);
  const bool constant =
      std::ranges::all_of(mapped.value.map.scale, [](double s) { return s == 0; });
  if (constant) return RowGraph::Constant(std::move(mapped.value.map.shift), x.shape, x.type);
  return mapped;
}

absl::StatusOr<Rows> Expanded(const Call& call, const Rows& x, const Shape& shape) {
  if (x.shape == shape) return x;
  if (x.is_constant() && x.value.map.shift.size() == 1) {
    return RowGraph::Constant(x.value.map.shift, shape, x.type);
  }
  const auto both = Broadcast(x.shape, shape);
  if (!both.ok() || *both != shape) {
    return absl::InvalidArgumentError(
        fmt::format("expands shape {} to {}", ShapeText(x.shape), ShapeText(shape)));
  }
  const Shape from = RowShape(x.shape);
  const Shape to = RowShape(shape);
  const Shape strides = BroadcastStrides(from, to);
  return PickedRows(call, x, to, BatchAxis(shape),
                    [&](size_t i) { return Offset(to, strides, i); });
}

absl::StatusOr<std::vector<double>> Spread(const Call& call, const Tensor& tensor,
                                           const Shape& shape) {
  const Shape to = RowShape(shape);
  const auto both = Broadcast(tensor.shape, to);
  if (!both.ok() || *both != to || tensor.size() == 0) {
    return absl::UnimplementedError(fmt::format("combines a constant of shape {} with rows of {}",
                                                ShapeText(tensor.shape), ShapeText(shape)));
  }
  const Shape strides = BroadcastStrides(tensor.shape, to);
  std::vector<double> spread(tensor.is_scalar() ? 1 : WidthOf(to));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(spread.size(), sizeof(double)));
  for (size_t i = 0; i < spread.size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(spread[i], NumberAt(tensor, Offset(to, strides, i)));
  }
  return spread;
}

// Constants are folded. Values of one base, all as wide as the result, become an atom: a function
// that may turn out to be an activation. Everything else is a layer that combines values: an
// element of it depends on more than one element of a base.
absl::StatusOr<Rows> Apply(const Call& call, const Primitive& primitive,
                           std::vector<Rows> operands) {
  if (operands.size() != primitive.arity) {
    return absl::UnimplementedError(
        fmt::format("has {} inputs, want {}", operands.size(), primitive.arity));
  }
  Shape shape = operands.front().shape;
  for (const Rows& operand : operands) {
    HILLOCK_ASSIGN_OR_RETURN(shape, Broadcast(shape, operand.shape));
  }
  const size_t width = WidthOf(shape);
  const DataType type = TypeOf(primitive.op, operands);
  const auto base = CommonBase(call, operands);
  const bool is_constant = std::ranges::all_of(operands, &Rows::is_constant);
  const bool is_part = base && std::ranges::all_of(operands, [&](const Rows& x) {
                         return x.is_constant() || x.width() == width;
                       });
  if (!is_constant && !is_part) {
    return Combined(call, primitive.function, std::move(operands), type);
  }
  for (Rows& operand : operands) {
    HILLOCK_ASSIGN_OR_RETURN(operand, Expanded(call, operand, shape));
  }
  if (is_constant) {
    Rows folded = Folded(primitive, operands, std::move(shape));
    folded.type = type;
    return folded;
  }
  if (CommonBase(call, operands) != base) {  // expanding made another
    return Combined(call, primitive.function, std::move(operands), type);
  }
  Atom atom;
  atom.base = *base;
  atom.primitive = &primitive;
  for (Rows& operand : operands) atom.operands.push_back(std::move(operand.value));
  return Rows{{call.graph.expression().Add(std::move(atom)), {}}, std::move(shape), type};
}

absl::StatusOr<Rows> Apply(const Call& call, std::string_view op, std::vector<Rows> operands) {
  return Apply(call, Named(op), std::move(operands));
}

absl::StatusOr<Rows> Combined(const Call& call, std::string_view function,
                              std::vector<Rows> operands, DataType type) {
  const model::Function* const known = model::FindFunction(function);
  if (known == nullptr || known->arity != operands.size()) {
    return absl::UnimplementedError(fmt::format("combines {} values", operands.size()));
  }
  Shape shape = operands.front().shape;
  for (const Rows& operand : operands) {
    HILLOCK_ASSIGN_OR_RETURN(shape, Broadcast(shape, operand.shape));
  }
  const size_t width = WidthOf(shape);
  std::vector<Operand> xs;
  for (Rows& operand : operands) {
    // One column is spread by the layer itself; any other shape has to be written out.
    const bool narrow = operand.width() == 1;
    if (!narrow && operand.width() != width) {
      HILLOCK_ASSIGN_OR_RETURN(operand, Expanded(call, operand, shape));
    } else if (!narrow && RowShape(operand.shape) != RowShape(shape)) {
      HILLOCK_ASSIGN_OR_RETURN(operand, Expanded(call, operand, shape));
    }
    xs.push_back(std::move(operand.value));
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(width, sizeof(double)));
  return call.graph.AddOperation(model::Combine{known}, std::move(xs), std::move(shape), type);
}

absl::StatusOr<Rows> Add(const Call& call, const Rows& a, const Rows& b, double sign) {
  const std::string_view op = sign < 0 ? "Sub" : "Add";
  if (a.is_constant() || b.is_constant()) {
    HILLOCK_ASSIGN_OR_RETURN(const Pair pair, Aligned(call, a, b));
    const DataType type = TypeOf(op, {a, b});
    Rows sum = a.is_constant() ? Mapped(pair.b, {{sign}, pair.a.value.map.shift})
                               : Mapped(pair.a, {{1}, pair.b.value.map.shift});
    if (!a.is_constant()) {
      std::vector<double> shift = pair.b.value.map.shift;
      for (double& value : shift) value *= sign;
      sum = Mapped(pair.a, {{1}, std::move(shift)});
    }
    sum.type = type;
    return sum;
  }
  if (a.value.atom == b.value.atom && a.shape == b.shape) {
    // (p x + q) + (r x + s) = (p + r) x + (q + s): still the same atom.
    ScaleShift map{Sum(a.value.map.scale, b.value.map.scale, sign),
                   Sum(a.value.map.shift, b.value.map.shift, sign)};
    Rows sum = a;
    sum.value.map = {};
    return Mapped(sum, map);
  }
  return Apply(call, op, {a, b});
}

absl::StatusOr<Rows> Multiply(const Call& call, const Rows& a, const Rows& b) {
  if (!a.is_constant() && !b.is_constant()) return Apply(call, "Mul", {a, b});
  HILLOCK_ASSIGN_OR_RETURN(const Pair pair, Aligned(call, a, b));
  const Rows& constant = a.is_constant() ? pair.a : pair.b;
  Rows product = Mapped(a.is_constant() ? pair.b : pair.a, {constant.value.map.shift, {0}});
  product.type = TypeOf("Mul", {a, b});
  return product;
}

// Dividing by a constant scales, unless it has a 0: that has no inverse.
absl::StatusOr<Rows> Divide(const Call& call, const Rows& a, const Rows& b) {
  if (!b.is_constant()) return Apply(call, "Div", {a, b});
  Rows inverse = b;
  for (double& value : inverse.value.map.shift) {
    if (value == 0) return Apply(call, "Div", {a, b});
    value = 1 / value;
  }
  return Multiply(call, a, inverse);
}

std::span<const OperatorRow> ArithmeticOperators() { return kRows; }

}  // namespace hillock::onnx
