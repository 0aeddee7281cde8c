#ifndef HILLOCK_SERVER_MODEL_ONNX_OUTPUTS_H_
#define HILLOCK_SERVER_MODEL_ONNX_OUTPUTS_H_

#include <string_view>
#include <vector>

#include "server/base/status.h"
#include "server/model/mlp.h"
#include "server/model/onnx/chain.h"
#include "server/model/onnx/values.h"

namespace hillock::model::onnx {

struct GraphOutput {
  std::string_view name;
  const GraphValue* value;
};

// The model whose answers are these outputs. A graph has one tensor of floats that depends on the
// rows, and perhaps class labels drawn from it: these become the model's. Constant outputs are left
// out, and so are yes-or-no labels for each of several columns, for which the format has no place.
// Where only labels are put out, what they are drawn from is served with them.
// UNIMPLEMENTED for every other combination, naming the outputs.
absl::StatusOr<Mlp> MakeModel(Chain chain, const std::vector<GraphOutput>& outputs);

}  // namespace hillock::model::onnx

#endif  // HILLOCK_SERVER_MODEL_ONNX_OUTPUTS_H_
