#ifndef HILLOCK_SERVER_MODEL_ONNX_GRAPH_H_
#define HILLOCK_SERVER_MODEL_ONNX_GRAPH_H_

#include "server/base/status.h"
#include "server/model/mlp.h"
#include "server/model/onnx/messages.h"
#include "server/model/onnx/tensor.h"

namespace hillock::model::onnx {

// Walks over the nodes of a graph in their order, computes what is constant and hands the rest to
// the operators, then makes the model from what the outputs are. Errors name the node, its operator
// and why.
absl::StatusOr<Mlp> ImportGraph(const ModelView& model, const ExternalFile& external,
                                Budget& budget);

}  // namespace hillock::model::onnx

#endif  // HILLOCK_SERVER_MODEL_ONNX_GRAPH_H_
