// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_LOWERING_OUTPUTS_H_
#define HILLOCK_SERVER_CORE_ONNX_LOWERING_OUTPUTS_H_

#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/onnx/symbolic/row_graph.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

struct GraphOutput {
  std::string_view name;
  DataType type;  // as the graph declares it; kUndefined for what is no tensor
  const GraphValue* value;
};

// The model whose answers are these outputs, in the graph's order and with its datatypes and
// shapes. Constants are put out as they are. What cannot be computed is left out, with the reason,
// as long as another output depends on the input; else that reason is the error. Errors name the
// output.
absl::StatusOr<model::Mlp> MakeModel(RowGraph& graph, const std::vector<GraphOutput>& outputs,
                                     const Values& values);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_LOWERING_OUTPUTS_H_
