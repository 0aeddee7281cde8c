#ifndef HILLOCK_SERVER_MODEL_MODEL_FILE_H_
#define HILLOCK_SERVER_MODEL_MODEL_FILE_H_

#include <string>

#include "server/base/status.h"
#include "server/model/folder.h"
#include "server/model/mlp.h"

namespace hillock::model {

// Reads the model `name` in `folder`: ONNX when the name ends in .onnx, else hillock.v1.Mlp.
//
// External data of an ONNX file is read from the same folder only: a location is the plain name of
// a regular file there without further hard links, so nothing leads elsewhere. All files together
// may have max_bytes. Errors: those of Folder::ReadFile, ReadMlp and ImportOnnx; they do not repeat
// the name.
absl::StatusOr<Mlp> ReadModelFile(const Folder& folder, const std::string& name, size_t max_bytes);

// The same for the file at `path`, whose folder may be reached through links.
absl::StatusOr<Mlp> ReadModelFile(const std::string& path, size_t max_bytes);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_MODEL_MODEL_FILE_H_
