// SPDX-License-Identifier: Apache-2.0

// Activations, limits, comparisons and other functions of one element.

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "server/core/activation/activation.h"
#include "server/core/model/function_operator.h"
#include "server/core/onnx/operators/constants.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

using activation::Params;
using activation::Spec;

Outcome FunctionOfRows(const Call& call) {
  if (call.IsConstant()) return ComputeConstants(call);
  const model::FunctionOperator& row = *model::FindFunctionOperator(call.node.op);
  std::vector<Rows> operands;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(operands.emplace_back(), call.AnyRowsAt(i));
  }
  if (call.node.op == "IsNaN" || call.node.op == "IsInf") call.graph.SetTakesNonFinite();
  const DataType type = row.gives_bool ? DataType::kBool : operands.front().type;
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Combined(call, row.function, std::move(operands), type));
  return rows;
}

Outcome Modulo(const Call& call) {
  if (call.IsConstant()) return ComputeConstants(call);
  HILLOCK_ASSIGN_OR_RETURN(const Rows a, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Rows b, call.AnyRowsAt(1));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Combined(call, ModuloOf(call.node), {a, b}, a.type));
  return rows;
}

// The table's defaults are ONNX's.
absl::StatusOr<Params> ReadParams(const NodeView& node, const Spec& spec) {
  std::map<std::string, float> given;
  for (size_t i = 0; i < spec.param_count; ++i) {
    const activation::ParamSpec& param = spec.params[i];
    if (!param.is_in_onnx) continue;
    given[std::string(param.name)] = node.Real(param.NameInOnnx(), param.default_value);
  }
  return activation::ResolveParams(spec, given);
}

Outcome PrimitiveOfRows(const Call& call) {
  if (call.IsConstant()) return ComputeConstants(call);
  if (call.node.op == "Log" && call.IsRows(0)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(auto log, call.graph.AddLogOfSoftmax(x));
    if (log) return *std::move(log);
  }
  std::vector<Rows> operands;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(operands.emplace_back(), call.AnyRowsAt(i));
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows rows,
                           Apply(call, *FindPrimitive(call.node.op), std::move(operands)));
  return rows;
}

Outcome ActivationOfRows(const Call& call) {
  const Spec* const spec = FindActivation(call.node);
  if (spec == nullptr || call.opset < spec->onnx.since) {
    return absl::UnimplementedError(
        fmt::format("is not in this form an operator of operator set {}", call.opset));
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Params params, ReadParams(call.node, *spec));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Activated(call, x, *spec, params));
  return rows;
}

// A bound of Clip: an input since operator set 11, an attribute before; none where it bounds
// nothing.
absl::StatusOr<std::optional<Rows>> Bound(const Call& call, size_t input,
                                          std::string_view attribute) {
  if (const AttributeView* const given = call.node.Find(attribute)) {
    return RowGraph::Constant({double{given->real.value_or(0)}}, {});
  }
  if (!call.Has(input)) return std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(const Rows bound, call.AnyRowsAt(input));
  return bound;
}

bool Bounds(const std::optional<Rows>& bound) {
  constexpr double kLargest = double{std::numeric_limits<float>::max()};
  return bound && !(bound->is_constant() && bound->value.map.shift.size() == 1 &&
                    std::abs(bound->value.map.shift[0]) >= kLargest);
}

// Where min is above max every value becomes max. A constant would pass for any activation that
// some parameter flattens, so this one is not left to be recognized.
Outcome Clip(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto low, Bound(call, 1, "min"));
  HILLOCK_ASSIGN_OR_RETURN(const auto high, Bound(call, 2, "max"));
  const bool one_each = low && high && low->is_constant() && high->is_constant() &&
                        low->width() == 1 && high->width() == 1;
  if (one_each && low->value.map.shift[0] > high->value.map.shift[0]) {
    const auto bound = static_cast<float>(high->value.map.shift[0]);
    HILLOCK_ASSIGN_OR_RETURN(Rows rows,
                             Activated(call, x, *activation::Find("clip"), {bound, bound}));
    return rows;
  }
  if (Bounds(low)) {
    HILLOCK_ASSIGN_OR_RETURN(x, Apply(call, "Max", {x, *low}));
  }
  if (Bounds(high)) {
    HILLOCK_ASSIGN_OR_RETURN(x, Apply(call, "Min", {x, *high}));
  }
  return x;
}

Outcome Prelu(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor slope, call.TensorAt(1));
  HILLOCK_ASSIGN_OR_RETURN(std::vector<double> slopes, Spread(call, slope, x.shape));
  const Spec* const spec = FindActivation(call.node);
  if (spec == nullptr) return absl::UnimplementedError("is no activation of the table");
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, Activated(call, x, *spec, {}, std::move(slopes)));
  return rows;
}

constexpr OperatorRow kRows[] = {
    {"", "Clip", Clip},
    {"", "PRelu", Prelu},
    {"", "Mod", Modulo},
};

}  // namespace

const OperatorRow kPrimitiveOperator = {"", "", PrimitiveOfRows};
const OperatorRow kFunctionOperator = {"", "", FunctionOfRows};
const OperatorRow kActivationOperator = {"", "", ActivationOfRows};

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

// A function of a row is a base at once. One of an element is an atom: scaling, shifting and
// further functions around it may make another activation of it.
absl::StatusOr<Rows> Activated(const Call& call, const Rows& x, const Spec& spec,
                               const Params& params, std::vector<double> slopes) {
  if (spec.scope == activation::Scope::kRow) {
    return call.graph.AddRowActivation(x, spec, x.width());
  }
  if (x.is_constant()) {
    Rows folded = x;
    for (double& value : folded.value.map.shift) value = spec.reference(value, params);
    return folded;
  }
  Atom atom;
  atom.base = call.graph.expression()[x.value.atom].base;
  atom.activation = &spec;
  atom.params = params;
  atom.slopes = std::move(slopes);
  atom.operands = {x.value};
  return Rows{{call.graph.expression().Add(std::move(atom)), {}}, x.shape, x.type};
}

absl::StatusOr<Rows> Activated(const Call& call, const Rows& x, std::string_view activation) {
  const Spec* const spec = activation::Find(activation);
  HILLOCK_CHECK(spec != nullptr);
  HILLOCK_ASSIGN_OR_RETURN(const Params params, activation::ResolveParams(*spec, {}));
  return Activated(call, x, *spec, params);
}

std::span<const OperatorRow> ElementwiseOperators() { return kRows; }

}  // namespace hillock::onnx
