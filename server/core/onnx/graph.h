// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_GRAPH_H_
#define HILLOCK_SERVER_CORE_ONNX_GRAPH_H_

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/tensor.h"

namespace hillock::onnx {

// Walks over the nodes of a graph in their order, computes what is constant and hands the rest to
// the operators, then makes the model from what the outputs are. Errors name the node, its operator
// and why.
absl::StatusOr<model::Mlp> ImportGraph(const ModelView& model, const ExternalFile& external,
                                       Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_GRAPH_H_
