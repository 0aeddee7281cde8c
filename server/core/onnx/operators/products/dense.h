// SPDX-License-Identifier: Apache-2.0

// Products with weights, for the operators that contain one.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_PRODUCTS_DENSE_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_PRODUCTS_DENSE_H_

#include <string>
#include <string_view>

#include "server/core/base/status.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

// The layer with these weights: [in, out], or [out, in] when transposed. `name` is theirs.
absl::StatusOr<Dense> DenseOf(const Call& call, Tensor weights, bool transposed,
                              std::string_view name);

// Inputs 0 and 1 of a node multiplied, each transposed before if asked for.
absl::StatusOr<Rows> Product(const Call& call, bool transpose_a, bool transpose_b);

// The sum of x * weights over all axes but those of the result. Each axis has a label, a character;
// axes of one label run together, a space marks an axis of 1 that stands for any index. The axis of
// the rows is one of x and of the result only.
absl::StatusOr<Rows> Contracted(const Call& call, const Rows& x, const std::string& x_axes,
                                const Tensor& weights, const std::string& weight_axes,
                                const std::string& to);

// x times matrices of which there are several, or these times x, as MatMul broadcasts both.
absl::StatusOr<Rows> TimesStack(const Call& call, const Rows& x, const Tensor& weights,
                                bool weights_first);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_PRODUCTS_DENSE_H_
