// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_EXPORT_H_
#define HILLOCK_SERVER_CORE_ONNX_EXPORT_H_

#include <string>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"

namespace hillock::onnx {

// The content of an ONNX file (operator set 20, one file) that computes what `mlp` does, under its
// inputs' and outputs' names, datatypes and shapes: the normalization as Sub and Mul, each layer as
// Gemm or the operators that its row operation is made of, and the activation's own operator, or
// what it is made of where ONNX has none. Class labels are string outputs, with the names that they
// are served under. Strings become numbers, and back, by ml.LabelEncoder. Not kept: limits of
// inputs, names of columns, and what was left out.
// Errors: UNIMPLEMENTED for an activation or a function that has no form in ONNX,
// RESOURCE_EXHAUSTED above the 2 GiB that a protobuf file can have. REQUIRES: Validate(mlp) is OK.
absl::StatusOr<std::string> ExportOnnx(const model::Mlp& mlp);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_EXPORT_H_
