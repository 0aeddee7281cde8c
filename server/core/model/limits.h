// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_MODEL_LIMITS_H_
#define HILLOCK_SERVER_CORE_MODEL_LIMITS_H_

#include <cstddef>

namespace hillock::model {

// Bytes of a name on the wire and in metrics: of a model, a layer, an input or an output.
inline constexpr size_t kMaxNameBytes = 128;

// Bytes of a file's or folder's name: what file systems take.
inline constexpr size_t kMaxFileNameBytes = 255;

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_LIMITS_H_
