#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANT_FOLDING_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANT_FOLDING_H_

#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/tensor.h"

namespace hillock::onnx {

// Computes a node whose inputs are all constant; one left out is a tensor of no elements. Floats
// are rounded after every operation, as at run time. Handles Constant, ConstantOfShape, Identity,
// Dropout, Cast, CastLike, Shape, Reshape, Flatten, Squeeze, Unsqueeze, Transpose, Concat, Gather,
// Slice, Expand, Neg and every arithmetic primitive.
// Errors: UNIMPLEMENTED for another operator, INVALID_ARGUMENT for shapes that do not fit,
// RESOURCE_EXHAUSTED when the result is out of proportion to the file.
absl::StatusOr<Tensor> Fold(const NodeView& node, std::vector<Tensor> inputs, int64_t opset,
                            Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANT_FOLDING_H_
