#ifndef HILLOCK_SERVER_CORE_ONNX_EXPORT_H_
#define HILLOCK_SERVER_CORE_ONNX_EXPORT_H_

#include <string>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"

namespace hillock::onnx {

// The content of an ONNX file (operator set 20, one file) that computes what `mlp` does: the
// normalization as Sub and Mul, each layer as Gemm and the activation's own operator, or what it is
// made of where ONNX has none. Class labels are string outputs, with the names that they are served
// under. ImportOnnx gives an equal Mlp back. Errors: UNIMPLEMENTED for an activation that has no
// form in ONNX, RESOURCE_EXHAUSTED above the 2 GiB that a protobuf file can have. REQUIRES:
// Validate(mlp) is OK.
absl::StatusOr<std::string> ExportOnnx(const model::Mlp& mlp);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_EXPORT_H_
