// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_LOWERING_LAYERS_H_
#define HILLOCK_SERVER_CORE_ONNX_LOWERING_LAYERS_H_

#include <cstddef>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/onnx/lowering/reads.h"
#include "server/core/onnx/symbolic/row_graph.h"

namespace hillock::onnx {

// The layers that compute `outputs`, each of which becomes an Output without a name, in this order.
// What no output needs is left out.
//
// Scaling and shifting (scale * x + shift, in double) goes where it costs nothing:
//
//   of the input, when all its readers want the same     into the normalization
//   between a dense layer and its activation             into that layer's weights and bias
//   after an activation, or where the readers of a       into the weights and bias of the layers
//   dense layer differ                                   that read it
//   where no layer can absorb it                         a layer that scales
//
// Each of these rounds a weight once. A dense layer that is wanted in several forms, such as a
// softmax and its logits, becomes one layer with others after it that scale and activate, or one
// layer for each form: whichever has fewer weights.
//
// Errors: as CollectReads(). The graph's weights are gone afterwards.
absl::StatusOr<model::Mlp> MakeLayers(RowGraph& graph, const std::vector<Wanted>& outputs);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_LOWERING_LAYERS_H_
