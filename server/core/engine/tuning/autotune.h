// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_TUNING_AUTOTUNE_H_
#define HILLOCK_SERVER_CORE_ENGINE_TUNING_AUTOTUNE_H_

#include "server/core/base/precision.h"
#include "server/core/engine/tuning/backend_selection.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

// The backends that are fastest for a layer on this machine, within the numeric contract, by timing
// both on calibration rows.
//
// The dense part in f32 is mixed only where the two agree bit for bit on the calibration rows;
// elsewhere one has all buckets. Ties go to the fallback, which is the more exact. A `precision`
// other than f32 is taken where it is faster than the best of f32, over single rows and full
// batches together, and then for all buckets.
//
// What was measured once for a shape and an activation holds for the process, so that reloading a
// model does not change its answers. Takes some milliseconds; thread-safe.
// REQUIRES: the layer is one of a valid Mlp, and the CPU can compute in `precision`.
BackendSelection Autotune(const model::Layer& layer, Precision precision = Precision::kF32);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_TUNING_AUTOTUNE_H_
