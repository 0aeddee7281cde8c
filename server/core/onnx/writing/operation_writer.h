// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_WRITING_OPERATION_WRITER_H_
#define HILLOCK_SERVER_CORE_ONNX_WRITING_OPERATION_WRITER_H_

#include <string>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/onnx/writing/graph_writer.h"
#include "server/core/onnx/writing/layer_writer.h"

namespace hillock::onnx {

// Writes the row operation of `layer` as the nodes of operator set 20 that compute it, the last of
// which gives `output`; returns that. Names in the graph begin with the layer's. `row_count` is as
// in LayerWriter. UNIMPLEMENTED for a function without a form in ONNX. REQUIRES: not a dense layer.
absl::StatusOr<std::string> WriteOperation(GraphWriter& graph, const model::Layer& layer,
                                           const std::vector<LayerWriter::Source>& sources,
                                           const std::string& row_count, const std::string& output);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_WRITING_OPERATION_WRITER_H_
