#ifndef HILLOCK_SERVER_CORE_ONNX_LOWERING_LAYERS_H_
#define HILLOCK_SERVER_CORE_ONNX_LOWERING_LAYERS_H_

#include <cstddef>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/onnx/lowering/reads.h"
#include "server/core/onnx/reading/budget.h"
#include "server/core/onnx/symbolic/tree.h"

namespace hillock::onnx {

// Weights of all layers that are made only to scale, shift or activate values.
inline constexpr size_t kMaxDiagonalWeights = 16 * kMaxDiagonal * kMaxDiagonal;

// The layers that compute `outputs`, each of which becomes an Output without a name, in this order.
// What no output needs is left out.
//
// Scaling and shifting (scale * x + shift, in double precision) goes where it costs nothing: of the
// input into the normalization, when all its readers want the same; between a dense layer and its
// activation into that layer's weights and bias; after an activation, and where the readers of a
// dense layer differ, into the weights and bias of the layers that read it. Each such step rounds a
// weight once. Only where there is no layer to take it, one with a diagonal matrix is made.
//
// A dense layer that is wanted in several forms, such as a softmax and the logits it is of, becomes
// either one layer with diagonal ones behind it, or one layer for each: whichever has fewer
// weights.
//
// Errors: as CollectReads(), and UNIMPLEMENTED above kMaxDiagonal, RESOURCE_EXHAUSTED above
// kMaxDiagonalWeights.
absl::StatusOr<model::Mlp> MakeLayers(Tree tree, const std::vector<Wanted>& outputs,
                                      Budget& budget);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_LOWERING_LAYERS_H_
