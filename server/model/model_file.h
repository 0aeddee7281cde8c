#ifndef HILLOCK_SERVER_MODEL_MODEL_FILE_H_
#define HILLOCK_SERVER_MODEL_MODEL_FILE_H_

#include <string>

#include "server/base/status.h"
#include "server/model/mlp.h"

namespace hillock::model {

// Reads the model at `path`: ONNX when the name ends in .onnx, else hillock.v1.Mlp.
//
// External data of an ONNX file is read from the folder of `path` only: a location is the plain
// name of a regular file there, so neither a path, nor "..", nor a symbolic link leads elsewhere.
// All files together may have max_bytes. Errors: those of ReadFile, ReadMlp and ImportOnnx; they do
// not repeat the path.
absl::StatusOr<Mlp> ReadModelFile(const std::string& path, size_t max_bytes);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_MODEL_MODEL_FILE_H_
