// SPDX-License-Identifier: Apache-2.0

// The trailer of a model.mlp file: its checksum field, always last, so that what it covers is
// simply everything before it. proto/mlp.proto states the layout.

#ifndef HILLOCK_SERVER_CORE_MODEL_CHECKSUM_H_
#define HILLOCK_SERVER_CORE_MODEL_CHECKSUM_H_

#include <string>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::model {

// Verifies the trailer. DATA_LOSS when it is missing or does not match.
absl::Status CheckTrailer(std::string_view content);

// Appends the trailer for the bytes in `content`.
void AppendTrailer(std::string& content);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_CHECKSUM_H_
