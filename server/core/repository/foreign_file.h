// SPDX-License-Identifier: Apache-2.0

// Files that people put where a model belongs: what they are, and how a model is made of them.

#ifndef HILLOCK_SERVER_CORE_REPOSITORY_FOREIGN_FILE_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_FOREIGN_FILE_H_

#include <optional>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::repository {

// What a file is by its name alone, such as "policy.pt", or a folder, such as "model.savedmodel":
// UNIMPLEMENTED, with the line that exports an ONNX file where there is one. None for any other.
std::optional<absl::Status> ForeignByName(std::string_view name);

// What a file is by its first bytes: UNIMPLEMENTED as above; DATA_LOSS for what stands in for a
// file: a Git-LFS pointer, a web page, nothing at all. None for what this does not know, ONNX and
// model.mlp among it.
std::optional<absl::Status> ForeignByContent(std::string_view content);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_FOREIGN_FILE_H_
