#ifndef HILLOCK_SERVER_MODEL_ONNX_FOLD_H_
#define HILLOCK_SERVER_MODEL_ONNX_FOLD_H_

#include <vector>

#include "server/base/status.h"
#include "server/model/onnx/budget.h"
#include "server/model/onnx/messages.h"
#include "server/model/onnx/tensor.h"

namespace hillock::model::onnx {

// Computes a node whose inputs are all constant; one left out is a tensor of no elements. Floats
// are rounded after every operation, as at run time. Handles Constant, ConstantOfShape, Identity,
// Dropout, Cast, CastLike, Shape, Reshape, Flatten, Squeeze, Unsqueeze, Transpose, Concat, Gather,
// Slice, Expand, Neg and every arithmetic primitive.
// Errors: UNIMPLEMENTED for another operator, INVALID_ARGUMENT for shapes that do not fit,
// RESOURCE_EXHAUSTED when the result is out of proportion to the file.
absl::StatusOr<Tensor> Fold(const NodeView& node, std::vector<Tensor> inputs, int64_t opset,
                            Budget& budget);

}  // namespace hillock::model::onnx

#endif  // HILLOCK_SERVER_MODEL_ONNX_FOLD_H_
