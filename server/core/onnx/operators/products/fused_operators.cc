// SPDX-License-Identifier: Apache-2.0

// What ONNX Runtime writes into a file that it has optimized.

#include <fmt/format.h>

#include <map>
#include <utility>

#include "server/core/activation/activation.h"
#include "server/core/onnx/operators/normalization.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/products/dense.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

constexpr float kSkipEpsilon = 1e-12f;

// The activation that a fused node names, with its parameters by their order.
absl::StatusOr<Rows> NamedActivation(const Call& call, const Rows& x) {
  const std::string_view name = call.node.Text("activation", "");
  if (name.empty()) return x;
  constexpr std::string_view kGiven[] = {"activation_alpha", "activation_beta"};
  for (const activation::Spec& spec : activation::All()) {
    if (spec.onnx.op != name || !spec.onnx.attribute.empty()) continue;
    std::map<std::string, float> given;
    for (size_t i = 0; i < spec.param_count && i < std::size(kGiven); ++i) {
      given[std::string(spec.params[i].name)] =
          call.node.Real(kGiven[i], spec.params[i].default_value);
    }
    HILLOCK_ASSIGN_OR_RETURN(const activation::Params params,
                             activation::ResolveParams(spec, given));
    return Activated(call, x, spec, params);
  }
  return absl::UnimplementedError(fmt::format("has activation '{}'", Excerpt(name)));
}

Outcome FusedGemm(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(GraphValue y, FindOperator("", "Gemm")->compute(call));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, NamedActivation(call, std::get<Rows>(y)));
  return rows;
}

Outcome FusedMatMul(const Call& call) {
  if (call.node.Integer("transBatchA", 0) != 0 || call.node.Integer("transBatchB", 0) != 0) {
    return absl::UnimplementedError("transposes the axes before the last two");
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Product(call, call.node.Integer("transA", 0) != 0,
                                           call.node.Integer("transB", 0) != 0));
  y = Mapped(y, {{double{call.node.Real("alpha", 1)}}, {0}});
  HILLOCK_ASSIGN_OR_RETURN(y, NamedActivation(call, y));
  return y;
}

// gelu(x + bias), of which the bias may be missing.
template <const char* activation>
Outcome BiasGelu(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  if (call.Has(1)) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows bias, call.AnyRowsAt(1));
    HILLOCK_ASSIGN_OR_RETURN(x, Add(call, x, bias));
  }
  HILLOCK_ASSIGN_OR_RETURN(x, Activated(call, x, activation));
  return x;
}

// x sigmoid(alpha x).
Outcome QuickGelu(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  const double alpha = double{call.node.Real("alpha", 1.702f)};
  HILLOCK_ASSIGN_OR_RETURN(const Rows gate, Activated(call, Mapped(x, {{alpha}, {0}}), "sigmoid"));
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Multiply(call, x, gate));
  return y;
}

// Of input + skip + bias, which is the fourth output as well.
Outcomes SkipLayerNormalization(const Call& call) {
  const bool centered = call.node.op == "SkipLayerNormalization";
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.AnyRowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Rows skip, call.AnyRowsAt(1));
  HILLOCK_ASSIGN_OR_RETURN(Rows sum, Add(call, x, skip));
  HILLOCK_ASSIGN_OR_RETURN(const auto bias, OptionalRows(call, centered ? 4 : 3));
  if (bias) {
    HILLOCK_ASSIGN_OR_RETURN(sum, Add(call, sum, *bias));
  }
  HILLOCK_ASSIGN_OR_RETURN(const auto scale, OptionalRows(call, 2));
  std::optional<Rows> shift;
  if (centered) {
    HILLOCK_ASSIGN_OR_RETURN(shift, OptionalRows(call, 3));
  }
  if (sum.shape.empty() || IsBatch(sum.shape.back())) {
    return absl::UnimplementedError("normalizes over the rows");
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows normalized,
                           Normalized(call, sum, centered, call.node.Real("epsilon", kSkipEpsilon),
                                      static_cast<size_t>(sum.shape.back()), scale, shift));
  const Unsupported none{absl::UnimplementedError("gives statistics of the rows")};
  return std::vector<GraphValue>{std::move(normalized), none, none, std::move(sum)};
}

constexpr char kErf[] = "gelu_erf";
constexpr char kTanh[] = "gelu_tanh";

constexpr OperatorRow kRows[] = {
    {kMicrosoftDomain, "FusedGemm", FusedGemm},
    {kMicrosoftDomain, "FusedMatMul", FusedMatMul},
    {kMicrosoftDomain, "FusedMatMulActivation", FusedMatMul},
    {kMicrosoftDomain, "TransposeMatMul", FusedMatMul},
    {kMicrosoftDomain, "Gelu", BiasGelu<kErf>},
    {kMicrosoftDomain, "BiasGelu", BiasGelu<kErf>},
    {kMicrosoftDomain, "FastGelu", BiasGelu<kTanh>},
    {kMicrosoftDomain, "QuickGelu", QuickGelu},
    {kMicrosoftDomain, "SkipLayerNormalization", nullptr, SkipLayerNormalization},
    {kMicrosoftDomain, "SkipSimplifiedLayerNormalization", nullptr, SkipLayerNormalization},
};

}  // namespace

std::span<const OperatorRow> FusedOperators() { return kRows; }

}  // namespace hillock::onnx
