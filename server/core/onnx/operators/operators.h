// SPDX-License-Identifier: Apache-2.0

// What the import knows of each operator of ONNX.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_

#include <span>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

inline constexpr std::string_view kMlDomain = "ai.onnx.ml";
inline constexpr std::string_view kMicrosoftDomain = "com.microsoft";

using Outcome = absl::StatusOr<GraphValue>;
using Outcomes = absl::StatusOr<std::vector<GraphValue>>;

// One row: an operator, and the function that computes a node of it, from constants and from rows
// alike. UNIMPLEMENTED for what is no operation on rows, INVALID_ARGUMENT for what makes no sense,
// RESOURCE_EXHAUSTED for what is out of proportion to the file; the graph adds the node.
struct OperatorRow {
  std::string_view domain;  // empty for ai.onnx
  std::string_view op;
  Outcome (*compute)(const Call& call) = nullptr;

  // In place of that, for an operator with several outputs.
  Outcomes (*compute_all)(const Call& call) = nullptr;
};

std::span<const OperatorRow> DenseOperators();
std::span<const OperatorRow> ContractionOperators();
std::span<const OperatorRow> LinearOperators();
std::span<const OperatorRow> NormalizationOperators();
std::span<const OperatorRow> ArithmeticOperators();
std::span<const OperatorRow> ElementwiseOperators();
std::span<const OperatorRow> ShapeOperators();
std::span<const OperatorRow> IndexOperators();
std::span<const OperatorRow> GatherOperators();
std::span<const OperatorRow> JoinOperators();
std::span<const OperatorRow> ScatterOperators();
std::span<const OperatorRow> ConstantOperators();
std::span<const OperatorRow> ReductionOperators();
std::span<const OperatorRow> LookupOperators();
std::span<const OperatorRow> QuantizationOperators();
std::span<const OperatorRow> PackedOperators();
std::span<const OperatorRow> FusedOperators();

// What is known of every operator that has no row by its name: primitives, functions of a row
// operation, and the activations of the table, elementwise or over a row.
extern const OperatorRow kPrimitiveOperator;
extern const OperatorRow kFunctionOperator;
extern const OperatorRow kActivationOperator;
extern const OperatorRow kRowActivationOperator;

// Null when there is none.
const OperatorRow* FindOperator(std::string_view domain, std::string_view op);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_
