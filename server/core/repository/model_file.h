// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_MODEL_FILE_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_MODEL_FILE_H_

#include <string>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/repository/folder.h"

namespace hillock::repository {

// Reads the model `name` in `folder`: ONNX when the name ends in .onnx, else hillock.v1.Mlp.
//
// External data of an ONNX file is read from the same folder only: a location is the plain name of
// a regular file there without further hard links, or of a link that Folder follows. All files
// together may have max_bytes. Errors: those of Folder::ReadFile, ReadMlp and ImportOnnx, or of a
// file of another kind, what it is (ForeignByContent, ForeignByName); they do not repeat the name.
absl::StatusOr<model::Mlp> ReadModelFile(const Folder& folder, const std::string& name,
                                         size_t max_bytes);

// The same for the file that `path` leads to, through whatever links. External data is read from
// the folder that the path names.
absl::StatusOr<model::Mlp> ReadModelFile(const std::string& path, size_t max_bytes);

// The mark of the file that `path` leads to. NOT_FOUND, or INVALID_ARGUMENT for no regular file.
absl::StatusOr<FileMark> MarkModelFile(const std::string& path);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_MODEL_FILE_H_
