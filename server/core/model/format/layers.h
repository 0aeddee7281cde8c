// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_FORMAT_LAYERS_H_
#define HILLOCK_SERVER_CORE_MODEL_FORMAT_LAYERS_H_

#include <cstddef>

#include "proto/mlp.pb.h"
#include "server/core/base/status.h"
#include "server/core/model/mlp.h"

namespace hillock::model {

// The layer at `index` of a file, with its defaults filled in. UNIMPLEMENTED for an activation, a
// function or a reduction that this server does not know; INVALID_ARGUMENT for parameters and sizes
// that make no sense in themselves. Whether it fits the other layers is left to Validate().
absl::StatusOr<Layer> ReadLayer(const v1::Layer& from, size_t index);

// `index` of the layer tells whether its source goes without saying.
void WriteLayer(const Layer& layer, size_t index, v1::Layer& to);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_FORMAT_LAYERS_H_
