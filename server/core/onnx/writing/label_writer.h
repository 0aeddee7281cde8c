// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_WRITING_LABEL_WRITER_H_
#define HILLOCK_SERVER_CORE_ONNX_WRITING_LABEL_WRITER_H_

#include <string>

#include "server/core/model/mlp.h"
#include "server/core/onnx/writing/graph_writer.h"

namespace hillock::onnx {

// Writes the labels of `output`, which has some, as the graph's output `name`: drawn from `value`,
// [rows, width] in FP32.
void WriteLabels(GraphWriter& graph, const model::Output& output, size_t width,
                 const std::string& value, const std::string& name);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_WRITING_LABEL_WRITER_H_
