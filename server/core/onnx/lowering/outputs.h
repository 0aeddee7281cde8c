#ifndef HILLOCK_SERVER_CORE_ONNX_LOWERING_OUTPUTS_H_
#define HILLOCK_SERVER_CORE_ONNX_LOWERING_OUTPUTS_H_

#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/symbolic/tree.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

struct GraphOutput {
  std::string_view name;
  const GraphValue* value;
};

// The model whose answers are these outputs.
// - A tensor of floats that depends on the rows becomes an output, in the graph's order.
// - Labels become the labels of the output that they are drawn from: of that value, or, if they are
//   no thresholds, of its softmax. If neither is an output of the graph, the value becomes one,
//   after the others.
// - Constants are left out.
// UNIMPLEMENTED for two labels of one output, and errors as of MakeLayers(); both name the output.
absl::StatusOr<model::Mlp> MakeModel(Tree tree, const std::vector<GraphOutput>& outputs,
                                     Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_LOWERING_OUTPUTS_H_
