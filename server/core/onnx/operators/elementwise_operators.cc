// Activations and arithmetic.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "server/core/activation/activation.h"
#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

using activation::Params;
using activation::Spec;

// The operand that input number `input` is, beside rows of these dims.
absl::StatusOr<Operand> OperandAt(const Call& call, size_t input,
                                  const std::vector<int64_t>& dims) {
  if (!call.IsRows(input)) {
    HILLOCK_ASSIGN_OR_RETURN(const Tensor constant, call.TensorAt(input));
    HILLOCK_ASSIGN_OR_RETURN(std::vector<double> values, Spread(call, constant, dims));
    return Operand{Operand::kConstant, {{0}, std::move(values)}};
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows rows, call.RowsAt(input));
  if (rows.dims != dims) {
    return absl::UnimplementedError(
        fmt::format("joins rows of shapes {} and {}", ShapeText(dims), ShapeText(rows.dims)));
  }
  return rows.value;
}

// The atom of an operator over these operands, of which at least one is no constant.
absl::StatusOr<Rows> NewAtom(Tree& tree, Atom atom, std::vector<int64_t> dims) {
  atom.base = Operand::kConstant;
  for (const Operand& operand : atom.operands) {
    if (operand.atom == Operand::kConstant) continue;
    const int base = tree.expression()[operand.atom].base;
    if (atom.base != Operand::kConstant && base != atom.base) {
      return absl::UnimplementedError(
          "joins two branches of the graph: an MLP is a tree of layers");
    }
    atom.base = base;
  }
  return Rows{{tree.expression().Add(std::move(atom)), {}}, std::move(dims)};
}

absl::StatusOr<std::vector<int64_t>> DimsOfRows(const Call& call) {
  for (size_t i = 0; i < call.node.inputs.size(); ++i) {
    if (!call.IsRows(i)) continue;
    HILLOCK_ASSIGN_OR_RETURN(const Rows rows, call.RowsAt(i));
    return rows.dims;
  }
  return absl::UnimplementedError("has no input that is computed from the rows");
}

absl::StatusOr<GraphValue> ApplyPrimitive(const Call& call, const Primitive& primitive) {
  if (call.node.inputs.size() != primitive.arity) {
    return absl::UnimplementedError(
        fmt::format("has {} inputs, want {}", call.node.inputs.size(), primitive.arity));
  }
  HILLOCK_ASSIGN_OR_RETURN(const auto dims, DimsOfRows(call));
  Atom atom;
  atom.primitive = &primitive;
  for (size_t i = 0; i < primitive.arity; ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Operand operand, OperandAt(call, i, dims));
    atom.operands.push_back(std::move(operand));
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, NewAtom(call.tree, std::move(atom), dims));
  return rows;
}

const Spec* FindActivation(const NodeView& node) {
  for (const Spec& spec : activation::All()) {
    if (spec.onnx.op != node.op) continue;
    if (spec.onnx.attribute.empty()) return &spec;
    const AttributeView* const given = node.Find(spec.onnx.attribute);
    const std::string_view value = given == nullptr ? "none" : given->text.value_or("");
    if (value == spec.onnx.value) return &spec;
  }
  return nullptr;
}

// The table's defaults are ONNX's.
absl::StatusOr<Params> ReadParams(const NodeView& node, const Spec& spec) {
  std::map<std::string, float> given;
  for (size_t i = 0; i < spec.param_count; ++i) {
    const activation::ParamSpec& param = spec.params[i];
    if (!param.is_in_onnx) continue;
    const std::string_view name = param.NameInOnnx();
    given[std::string(param.name)] = node.Real(name, param.default_value);
  }
  return activation::ResolveParams(spec, given);
}

// x, kept on one side of a bound, where there is one.
absl::StatusOr<Rows> Bounded(Tree& tree, const Rows& x, std::string_view op,
                             std::optional<float> bound, float none) {
  if (!bound || *bound == none || std::abs(*bound) == std::numeric_limits<float>::infinity()) {
    return x;
  }
  Atom atom;
  atom.primitive = FindPrimitive(op);
  atom.operands = {x.value, {Operand::kConstant, {{0}, {double{*bound}}}}};
  return NewAtom(tree, std::move(atom), x.dims);
}

// Every value becomes `bound`, which is what ONNX makes of min above max. A constant would pass for
// any activation that some parameter flattens, so this one is not left to be recognized.
absl::StatusOr<Rows> ClipTo(const Call& call, const Rows& x, float bound) {
  Atom atom;
  atom.activation = FindActivation(call.node);
  HILLOCK_CHECK(atom.activation != nullptr);
  HILLOCK_ASSIGN_OR_RETURN(
      atom.params, activation::ResolveParams(*atom.activation, {{"min", bound}, {"max", bound}}));
  atom.operands = {x.value};
  return NewAtom(call.tree, std::move(atom), x.dims);
}

// A bound of Clip: an input since operator set 11, an attribute before.
absl::StatusOr<std::optional<float>> Bound(const Call& call, size_t input,
                                           std::string_view attribute) {
  if (const AttributeView* const given = call.node.Find(attribute)) return given->real;
  if (!call.Has(input)) return std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(const Tensor bound, call.TensorAt(input));
  if (bound.kind == Tensor::Kind::kFloats && bound.is_scalar()) return bound.floats[0];
  return absl::InvalidArgumentError(
      fmt::format("{} has shape {}, want one float", attribute, ShapeText(bound.shape)));
}

absl::StatusOr<GraphValue> Elementwise(const Call& call) {
  if (call.node.op == "Log" && call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
    if (call.tree.IsRowOutput(x)) {
      HILLOCK_ASSIGN_OR_RETURN(Rows rows, call.tree.AddLogOfSoftmax(x));
      return rows;
    }
  }
  if (const Primitive* const primitive = FindPrimitive(call.node.op)) {
    return ApplyPrimitive(call, *primitive);
  }
  const Spec* const spec = FindActivation(call.node);
  if (spec == nullptr || call.opset < spec->onnx.since) {
    return absl::UnimplementedError(
        fmt::format("is not in this form an operator of operator set {}", call.opset));
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  Atom atom;
  atom.activation = spec;
  atom.operands = {x.value};
  HILLOCK_ASSIGN_OR_RETURN(atom.params, ReadParams(call.node, *spec));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, NewAtom(call.tree, std::move(atom), x.dims));
  return rows;
}

std::vector<double> Negated(std::vector<double> values) {
  for (double& value : values) value = -value;
  return values;
}

absl::StatusOr<ScaleShift> DividedBy(std::vector<double> values) {
  for (double& value : values) {
    if (value == 0) return absl::InvalidArgumentError("divides by 0");
    value = 1 / value;
  }
  return ScaleShift{std::move(values), {0}};
}

// x op c, or c op x.
absl::StatusOr<GraphValue> WithConstant(const Call& call, const Rows& x, const Tensor& constant,
                                        bool constant_first) {
  HILLOCK_ASSIGN_OR_RETURN(std::vector<double> c, Spread(call, constant, x.dims));
  const std::string_view op = call.node.op;
  if (op == "Add") return Mapped(x, {{1}, std::move(c)});
  if (op == "Mul") return Mapped(x, {std::move(c), {0}});
  if (op == "Sub" && constant_first) return Mapped(x, {{-1}, std::move(c)});
  if (op == "Sub") return Mapped(x, {{1}, Negated(std::move(c))});
  if (constant_first) return Elementwise(call);
  HILLOCK_ASSIGN_OR_RETURN(const ScaleShift inverse, DividedBy(std::move(c)));
  return Mapped(x, inverse);
}

std::vector<double> Sum(const std::vector<double>& a, const std::vector<double>& b, double sign) {
  std::vector<double> sum(std::max(a.size(), b.size()));
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] = a[a.size() == 1 ? 0 : i] + sign * b[b.size() == 1 ? 0 : i];
  }
  return sum;
}

// a + b or a - b of two values of one atom.
Rows AddScaled(const Rows& a, const Rows& b, double sign) {
  Rows sum = a;
  sum.value.map.scale = Sum(a.value.map.scale, b.value.map.scale, sign);
  sum.value.map.shift = Sum(a.value.map.shift, b.value.map.shift, sign);
  return sum;
}

absl::StatusOr<GraphValue> Arithmetic(const Call& call) {
  const std::string_view op = call.node.op;
  const size_t first = call.IsRows(0) ? 0 : 1;
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(first));
  if (op == "Neg") return Mapped(x, {{-1}, {0}});
  if (!call.IsRows(1 - first)) {
    HILLOCK_ASSIGN_OR_RETURN(const Tensor constant, call.TensorAt(1 - first));
    return WithConstant(call, x, constant, first == 1);
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows y, call.RowsAt(1));
  const bool is_sum = op == "Add" || op == "Sub";
  if (is_sum && x.value.atom == y.value.atom && x.dims == y.dims) {
    return AddScaled(x, y, op == "Add" ? 1 : -1);
  }
  return Elementwise(call);
}

absl::StatusOr<GraphValue> Clip(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto low, Bound(call, 1, "min"));
  HILLOCK_ASSIGN_OR_RETURN(const auto high, Bound(call, 2, "max"));
  if (low && high && *low > *high) return ClipTo(call, x, *high);
  HILLOCK_ASSIGN_OR_RETURN(x,
                           Bounded(call.tree, x, "Max", low, std::numeric_limits<float>::lowest()));
  HILLOCK_ASSIGN_OR_RETURN(x,
                           Bounded(call.tree, x, "Min", high, std::numeric_limits<float>::max()));
  return x;
}

absl::StatusOr<GraphValue> Prelu(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor slope, call.TensorAt(1));
  Atom atom;
  atom.activation = FindActivation(call.node);
  if (atom.activation == nullptr) return absl::UnimplementedError("is no activation of the table");
  HILLOCK_ASSIGN_OR_RETURN(atom.slopes, Spread(call, slope, x.dims));
  atom.operands = {x.value};
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, NewAtom(call.tree, std::move(atom), x.dims));
  return rows;
}

absl::StatusOr<double> Number(const Tensor& tensor, size_t i) {
  if (tensor.kind == Tensor::Kind::kFloats) return double{tensor.floats[i]};
  if (tensor.kind == Tensor::Kind::kStrings || tensor.integers[i] == kBatch) {
    return absl::UnimplementedError("calculates with the number of rows, or with strings");
  }
  return static_cast<double>(tensor.integers[i]);
}

absl::Status Append(Tensor& tensor, double value) {
  if (tensor.kind == Tensor::Kind::kFloats) {
    tensor.floats.push_back(static_cast<float>(value));
    return absl::OkStatus();
  }
  if (!(std::abs(value) < kExactIntegers)) {
    return absl::InvalidArgumentError(fmt::format("computes the integer {}", value));
  }
  tensor.integers.push_back(static_cast<int64_t>(value));
  return absl::OkStatus();
}

absl::StatusOr<Tensor> Compute(ConstantCall& call, const Primitive& primitive) {
  if (call.inputs.size() != primitive.arity || primitive.arity > 2) {
    return absl::UnimplementedError(
        fmt::format("has {} constant inputs, want {}", call.inputs.size(), primitive.arity));
  }
  const Tensor& a = call.input(0);
  const Tensor& b = call.inputs.back();
  HILLOCK_ASSIGN_OR_RETURN(Shape shape, Broadcast(a.shape, b.shape));
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(shape));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(int64_t)));
  const bool floats = a.kind == Tensor::Kind::kFloats || b.kind == Tensor::Kind::kFloats;
  Tensor result{.kind = floats ? Tensor::Kind::kFloats : Tensor::Kind::kIntegers, .shape = shape};
  const Shape a_strides = BroadcastStrides(a.shape, shape);
  const Shape b_strides = BroadcastStrides(b.shape, shape);
  for (size_t i = 0; i < count; ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const double x, Number(a, Offset(shape, a_strides, i)));
    HILLOCK_ASSIGN_OR_RETURN(const double y, Number(b, Offset(shape, b_strides, i)));
    HILLOCK_RETURN_IF_ERROR(Append(result, primitive.apply(x, y, 0)));
  }
  return result;
}

absl::StatusOr<Tensor> ComputePrimitive(ConstantCall& call) {
  return Compute(call, *FindPrimitive(call.node.op));
}

constexpr Primitive kNeg{"Neg", 1, [](double a, double, double) { return -a; }, false};

absl::StatusOr<Tensor> Negate(ConstantCall& call) { return Compute(call, kNeg); }

constexpr OperatorRow kRows[] = {
    {"", "Add", Arithmetic, ComputePrimitive, kEveryInput},
    {"", "Sub", Arithmetic, ComputePrimitive, kEveryInput},
    {"", "Mul", Arithmetic, ComputePrimitive, kEveryInput},
    {"", "Div", Arithmetic, ComputePrimitive, kEveryInput},
    {"", "Neg", Arithmetic, Negate, 1},
    {"", "Clip", Clip},
    {"", "PRelu", Prelu},
};

}  // namespace

const OperatorRow kPrimitiveOperator = {"", "", Elementwise, ComputePrimitive, kEveryInput};
const OperatorRow kActivationOperator = {"", "", Elementwise};

std::span<const OperatorRow> ElementwiseOperators() { return kRows; }

}  // namespace hillock::onnx
