// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_REWRITE_AFFINE_MAP_H_
#define HILLOCK_SERVER_CORE_ENGINE_REWRITE_AFFINE_MAP_H_

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "server/core/model/mlp.h"

namespace hillock::engine {

// y = W x + b in double: dense layers are composed in it and rounded once, at the end.
struct AffineMap {
  size_t inputs = 0;
  size_t outputs = 0;
  std::vector<double> weights;  // [outputs][inputs], row-major
  std::vector<double> bias;     // [outputs]
};

// The dense part of a layer, exactly.
AffineMap AffineMapOf(const model::Layer& layer);

// outer(inner(x)). Takes outer.outputs * inner.outputs * inner.inputs multiply-adds.
// REQUIRES: outer.inputs == inner.outputs.
AffineMap Compose(const AffineMap& outer, const AffineMap& inner);

// dense(scale(x)), and scale(dense(x)). REQUIRES: as many columns as dense has inputs, and outputs.
AffineMap ScaleInputs(AffineMap dense, const model::Scale& scale);
AffineMap ScaleOutputs(AffineMap dense, const model::Scale& scale);

// dense((x - offset) * scale). REQUIRES: dense.inputs floats each.
AffineMap FoldNormalization(AffineMap dense, std::span<const float> offset,
                            std::span<const float> scale);

// `layer` with this dense part in place of its own or of its scale, rounded to float; none when a
// number of it is too large for a float. REQUIRES: affine.outputs == layer.outputs.
std::optional<model::Layer> WithDense(const model::Layer& layer, const AffineMap& affine);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_REWRITE_AFFINE_MAP_H_
