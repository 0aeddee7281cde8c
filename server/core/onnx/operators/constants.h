// SPDX-License-Identifier: Apache-2.0

// What several operators of constants share.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANTS_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANTS_H_

#include <cstddef>
#include <functional>
#include <string_view>

#include "server/core/base/status.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/symbolic/tensor.h"

namespace hillock::onnx {

Tensor WithShape(Tensor tensor, Shape shape);

// A tensor of `shape` whose element i is element from(i) of `source`.
absl::StatusOr<Tensor> PickedTensor(Budget& budget, const Tensor& source, Shape shape,
                                    const std::function<size_t(size_t)>& from);

// The name of the function (model::FindFunction()) that a node of Mod applies.
std::string_view ModuloOf(const NodeView& node);

// An elementwise operator of constants. Floats are rounded after it, as at run time; a number of
// rows may be multiplied by a whole number.
Outcome ComputeConstants(const Call& call);

// The tensor of an attribute. REQUIRES: it has one.
absl::StatusOr<Tensor> TensorOf(const Call& call, const AttributeView& attribute);

// Numbers of a type's kind: integers are cut towards 0.
absl::StatusOr<Tensor> CastTensor(Tensor tensor, DataType type);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_CONSTANTS_H_
