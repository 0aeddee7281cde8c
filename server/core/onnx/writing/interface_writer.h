// SPDX-License-Identifier: Apache-2.0

// Between the tensors of a file, which have datatypes and shapes, and values, which are [rows,
// width] in FP32.

#ifndef HILLOCK_SERVER_CORE_ONNX_WRITING_INTERFACE_WRITER_H_
#define HILLOCK_SERVER_CORE_ONNX_WRITING_INTERFACE_WRITER_H_

#include <string>

#include "server/core/model/mlp.h"
#include "server/core/onnx/writing/graph_writer.h"

namespace hillock::onnx {

// The input row, before the normalization.
struct InputRow {
  std::string value;
  std::string row_count;  // INT64 [2]: {rows, 1}; empty in a model without Constant layers
};

// Declares every input, and writes the nodes that make one value of them. An input that nobody
// reads becomes zeros; one that is shared is repeated in each row.
InputRow WriteInputs(GraphWriter& graph, const model::Mlp& mlp);

// Whether an output is a value as it is.
bool IsValue(const model::Mlp& mlp, const model::Output& output);

// Declares an output, and writes the nodes that make it of `value`; none when that has its name.
void WriteOutput(GraphWriter& graph, const model::Mlp& mlp, const model::Output& output,
                 const std::string& value);

// Declares an output that is a constant.
void WriteConstantOutput(GraphWriter& graph, const model::Mlp& mlp, const model::Output& output);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_WRITING_INTERFACE_WRITER_H_
