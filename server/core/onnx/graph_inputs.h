// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_GRAPH_INPUTS_H_
#define HILLOCK_SERVER_CORE_ONNX_GRAPH_INPUTS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/interface.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {

// An input that a caller gives: old files list the initializers among the inputs, too.
struct GraphInput {
  std::string_view name;  // in the graph
  DataType type = DataType::kFloat;
  Shape shape;         // with kBatch for the axis of the rows, or without one
  size_t first = 0;    // of its columns in the input row
  model::Input input;  // what the model says of it
};

struct GraphInputs {
  std::vector<GraphInput> inputs;
  size_t width = 0;         // of the input row
  bool single_row = false;  // the file is made for one row
};

// Where the rows are in each input:
//   [n, 5], [3, 5]   the first axis, open or any number
//   [1, n, 5]        the open axis after a first one of 1
//   [n]              the only axis, if it is open
//   [54]             nowhere: a single row, or beside inputs with rows one for all of them
//   [2, 1, 4]        nowhere, too, beside an input of any number of rows
// An open width is that of the first weights of the graph. UNIMPLEMENTED for what is no tensor of
// numbers or strings, INVALID_ARGUMENT for shapes that leave open how many values a row has.
absl::StatusOr<GraphInputs> InputsOf(const GraphView& graph);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_GRAPH_INPUTS_H_
