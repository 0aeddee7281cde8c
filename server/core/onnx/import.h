// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_IMPORT_H_
#define HILLOCK_SERVER_CORE_ONNX_IMPORT_H_

#include <functional>
#include <string_view>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"

namespace hillock::onnx {

// The content of a file of external data, by the location that a tensor of the ONNX file states. It
// must stay where it is until the import returns. Whoever provides this decides which locations are
// acceptable; see ReadModelFile.
using ExternalDataReader = std::function<absl::StatusOr<std::string_view>(std::string_view)>;

// Makes an Mlp of an ONNX file's content: what PyTorch, tf2onnx and skl2onnx write for multi-layer
// perceptrons, without any configuration. README.md in this folder says what is understood, and
// where numbers are rounded.
//
// The content is treated as hostile: what is allocated stays in proportion to the bytes given, and
// within limits on nodes, tensors and axes. Errors: DATA_LOSS for damage, UNIMPLEMENTED for what is
// not an MLP, INVALID_ARGUMENT for shapes and numbers that make no sense, RESOURCE_EXHAUSTED above
// a limit; they name the node, its operator, got and want.
absl::StatusOr<model::Mlp> ImportOnnx(std::string_view content, const ExternalDataReader& external);

// As above, for a file that has no external data: INVALID_ARGUMENT when it refers to any.
absl::StatusOr<model::Mlp> ImportOnnx(std::string_view content);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_IMPORT_H_
