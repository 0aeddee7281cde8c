// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_TUNING_BACKEND_SELECTION_H_
#define HILLOCK_SERVER_CORE_ENGINE_TUNING_BACKEND_SELECTION_H_

#include <cstddef>

#include "server/core/activation/backend.h"
#include "server/core/base/precision.h"
#include "server/core/engine/buckets.h"

namespace hillock::engine {

// The backends of a layer. Invariants, for answers that do not depend on the batch:
// - The activation has one backend for all buckets, since the two differ in their last bits.
// - The dense part has the fallback below bucket `onednn_from` and oneDNN from there on. Both are
//   used only where they agree bit for bit.
// - In a precision other than f32 the dense part is on oneDNN in every bucket.
struct BackendSelection {
  static constexpr size_t kNever = kBuckets.size();

  size_t onednn_from = kNever;
  Backend activation = Backend::kFallback;
  Precision precision = Precision::kF32;  // of the dense part

  bool uses_onednn() const { return onednn_from < kNever; }
  bool uses_fallback() const { return onednn_from > 0; }
  Backend dense_backend(size_t bucket) const {
    return bucket >= onednn_from ? Backend::kOneDnn : Backend::kFallback;
  }

  bool operator==(const BackendSelection&) const = default;
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_TUNING_BACKEND_SELECTION_H_
