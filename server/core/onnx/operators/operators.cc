#include "server/core/onnx/operators/operators.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/core/activation/activation.h"
#include "server/core/onnx/operators/constants.h"

namespace hillock::onnx {
namespace {

// An input that is left out has no elements, whatever its shape says.
absl::Status CheckInputs(const NodeView& node, size_t got, size_t want) {
  if (want == kEveryInput) want = got;
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

// Rows by name come first: some are of activations or primitives that need more than those know.
const OperatorRow* FindOperator(std::string_view domain, std::string_view op) {
  if (domain == "ai.onnx") domain = "";
  for (const auto rows :
       {DenseOperators(), LinearOperators(), NormalizationOperators(), ElementwiseOperators(),
        ShapeOperators(), VectorOperators(), LabelOperators()}) {
    const auto row = std::ranges::find_if(
        rows, [&](const OperatorRow& r) { return r.domain == domain && r.op == op; });
    if (row != rows.end()) return &*row;
  }
  if (!domain.empty()) return nullptr;
  if (FindPrimitive(op) != nullptr) return &kPrimitiveOperator;
  for (const activation::Spec& spec : activation::All()) {
    if (spec.onnx.op != op) continue;
    return spec.scope == activation::Scope::kRow ? &kRowActivationOperator : &kActivationOperator;
  }
  return nullptr;
}

absl::StatusOr<Tensor> FoldConstants(const NodeView& node, std::vector<Tensor> inputs,
                                     int64_t opset, Budget& budget) {
  const OperatorRow* const row = FindOperator(node.domain, node.op);
  if (row == nullptr || row->of_constants == nullptr) {
    return absl::UnimplementedError("is not computed on constants");
  }
  HILLOCK_RETURN_IF_ERROR(CheckInputs(node, inputs.size(), row->constants_needed));
  ConstantCall call{node, inputs, opset, budget};
  return row->of_constants(call);
}

}  // namespace hillock::onnx
