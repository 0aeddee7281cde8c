// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_VERSION_FILES_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_VERSION_FILES_H_

#include <span>
#include <string>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::repository {

// Which entry of a version folder is the model; `chosen` is what the model's configuration calls
// it, or empty. The first that applies:
//
//   `chosen` is there                          that
//   model.onnx and model.mlp                   INVALID_ARGUMENT
//   model.mlp, or model.onnx                   that, whatever other ONNX files lie beside it
//   one ONNX file of any name                  that
//   several                                    INVALID_ARGUMENT, which names two
//   a file that an ONNX file could be made of  UNIMPLEMENTED: see ForeignByName()
//   anything else                              NOT_FOUND, which says what is there
//
// Hidden files are no models.
absl::StatusOr<std::string> FindModelFile(std::span<const std::string> entries,
                                          std::string_view chosen);

// Whether a file of that name is the model whatever lies beside it.
bool IsModelFile(std::string_view name);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_VERSION_FILES_H_
