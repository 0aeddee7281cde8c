// Which backend a layer runs on when nobody says: what is faster on this machine, within what the
// numeric contract allows.

#ifndef HILLOCK_SERVER_CORE_ENGINE_AUTOTUNE_H_
#define HILLOCK_SERVER_CORE_ENGINE_AUTOTUNE_H_

#include <cstddef>
#include <string>

#include "server/core/activation/backend.h"
#include "server/core/base/precision.h"
#include "server/core/base/status.h"
#include "server/core/engine/buckets.h"
#include "server/core/kernel/onednn.h"
#include "server/core/model/mlp.h"

namespace hillock::engine {

// A layer's backends. The activation has one for all buckets, since the two differ in their last
// bits. The dense part may have both: oneDNN from a bucket on, the fallback below it; the fallback
// for every bucket when onednn_from is past the last. In bf16 it is oneDNN's in every bucket.
struct Choice {
  static constexpr size_t kNever = kBuckets.size();

  size_t onednn_from = kNever;
  Backend activation = Backend::kFallback;
  Precision precision = Precision::kF32;  // of the dense part

  bool operator==(const Choice&) const = default;
};

// Whether oneDNN answers a row of this dense layer alike in every bucket: measured true of its
// packed kernels, and false of its plain gemm, which sums one row in another order than many.
// FAILED_PRECONDITION where it does not.
absl::Status CheckBatchInvariance(const kernel::onednn::Dense& dense);

// Whether oneDNN gives the reference's values for NaN and the infinities. FAILED_PRECONDITION with
// the first that it does not, UNIMPLEMENTED where it lacks the activation.
absl::Status CheckNonFinite(const activation::Spec& spec, const activation::Params& params);

// Times both backends on a layer. Dense parts are mixed only where the two agree bit for bit on
// calibration rows; elsewhere one takes all buckets. Ties go to the fallback, which is the more
// exact. With kBf16 as `precision` the dense part is in bf16 where that is faster than the best of
// f32, over single rows and full batches together; it takes all buckets or none. What was once
// measured for a shape and activation stays so for the process, so that reloading a model does not
// change its answers. Takes up to some milliseconds; thread-safe.
Choice ChooseByTiming(const model::Layer& layer, Precision precision = Precision::kF32);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_AUTOTUNE_H_
