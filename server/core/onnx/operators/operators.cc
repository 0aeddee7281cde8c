// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/operators/operators.h"

#include <algorithm>

#include "server/core/activation/activation.h"
#include "server/core/model/function_operator.h"

namespace hillock::onnx {

// Rows by name come first: some are of activations or primitives that need more than those know.
const OperatorRow* FindOperator(std::string_view domain, std::string_view op) {
  if (domain == "ai.onnx") domain = "";
  for (const auto rows :
       {DenseOperators(), ContractionOperators(), LinearOperators(), NormalizationOperators(),
        ArithmeticOperators(), ElementwiseOperators(), ShapeOperators(), IndexOperators(),
        GatherOperators(), JoinOperators(), ScatterOperators(), ConstantOperators(),
        ReductionOperators(), LookupOperators(), QuantizationOperators(), PackedOperators(),
        FusedOperators()}) {
    const auto row = std::ranges::find_if(
        rows, [&](const OperatorRow& r) { return r.domain == domain && r.op == op; });
    if (row != rows.end()) return &*row;
  }
  if (!domain.empty()) return nullptr;
  if (FindPrimitive(op) != nullptr) return &kPrimitiveOperator;
  if (model::FindFunctionOperator(op) != nullptr) return &kFunctionOperator;
  for (const activation::Spec& spec : activation::All()) {
    if (spec.onnx.op != op) continue;
    return spec.scope == activation::Scope::kRow ? &kRowActivationOperator : &kActivationOperator;
  }
  return nullptr;
}

}  // namespace hillock::onnx
