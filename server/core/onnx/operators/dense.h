// Products with weights, for the operators that contain one.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_DENSE_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_DENSE_H_

#include <string_view>

#include "server/core/base/status.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

// The layer with these weights: [in, out], or [out, in] when transposed. `name` is theirs.
absl::StatusOr<Dense> DenseOf(const Call& call, Tensor weights, bool transposed,
                              std::string_view name);

// Inputs 0 and 1 of a node multiplied, each transposed before if asked for.
absl::StatusOr<Rows> Product(const Call& call, bool transpose_a, bool transpose_b);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_DENSE_H_
