// The operators of ONNX that the import understands, as one table: what each makes of rows, and
// what it makes of constants. Each *_operators.cc gives the rows of some of them.
//
// Operators: https://github.com/onnx/onnx/blob/main/docs/Operators.md and Operators-ml.md.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/tensor.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

struct ConstantCall;  // constants.h

inline constexpr std::string_view kMlDomain = "ai.onnx.ml";
inline constexpr size_t kEveryInput = std::numeric_limits<size_t>::max();

// One operator. Errors of both functions: UNIMPLEMENTED for what is no multi-layer perceptron,
// INVALID_ARGUMENT for shapes that do not fit, RESOURCE_EXHAUSTED for what is out of proportion to
// the file; the graph adds the node.
struct OperatorRow {
  std::string_view domain;  // empty for ai.onnx
  std::string_view op;

  // For a node with an input that depends on the rows. All inputs exist. Null: not understood.
  absl::StatusOr<GraphValue> (*of_rows)(const Call& call) = nullptr;

  // For a node whose inputs are all constant. Null: not understood.
  absl::StatusOr<Tensor> (*of_constants)(ConstantCall& call) = nullptr;
  size_t constants_needed = 0;  // of these the first so many must be there, or kEveryInput
};

std::span<const OperatorRow> DenseOperators();
std::span<const OperatorRow> LinearOperators();
std::span<const OperatorRow> NormalizationOperators();
std::span<const OperatorRow> ElementwiseOperators();
std::span<const OperatorRow> ShapeOperators();
std::span<const OperatorRow> VectorOperators();
std::span<const OperatorRow> LabelOperators();

// What is known of every operator that has no row by its name: primitives, and the activations of
// the table, elementwise or over a row.
extern const OperatorRow kPrimitiveOperator;
extern const OperatorRow kActivationOperator;
extern const OperatorRow kRowActivationOperator;

// Null when there is none.
const OperatorRow* FindOperator(std::string_view domain, std::string_view op);

// Computes a node whose inputs are all constant; one that is left out is a tensor of no elements.
// Floats are rounded after every operation, as at run time.
absl::StatusOr<Tensor> FoldConstants(const NodeView& node, std::vector<Tensor> inputs,
                                     int64_t opset, Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_OPERATORS_H_
