#ifndef HILLOCK_SERVER_MODEL_REPOSITORY_H_
#define HILLOCK_SERVER_MODEL_REPOSITORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/status.h"
#include "server/model/mlp.h"
#include "server/model/serving_options.h"

namespace hillock::model {

// What one version folder of a repository gave: a model, or why there is none.
struct Version {
  std::string model;   // the model's name
  int64_t number = 0;  // 0 when the model has no usable version folder at all
  absl::StatusOr<std::shared_ptr<const Mlp>> mlp;
  ServingOptions options{};
};

// Whether `name` may name a model: [A-Za-z0-9_.-]{1,128}, not starting with a dot.
bool IsModelName(std::string_view name);

// The number that `text` writes, 1 or more in plain decimal, or INVALID_ARGUMENT.
absl::StatusOr<int64_t> ParseVersion(std::string_view text);

// Reads the highest version of every model in a repository folder laid out as
// <root>/<name>/<version>/model.mlp or model.onnx, in order of name, with what
// <root>/<name>/options.txtpb says over `defaults`. Also takes one model's folder of versions, and
// one bare file; the model is then called as the folder, or as the file without its ending. A
// version with both files is refused. Other files beside the version folders, and in them, are left
// alone; an ONNX file may refer to external data beside it (see ReadModelFile).
//
// A model that cannot be read is in the answer with its error; it does not stop the others. Only a
// root that is missing, is no repository or holds no model at all is an error: NOT_FOUND.
// Files are read, not mapped; symbolic links below the root, anything that is not a regular file,
// and files over max_file_bytes are refused. Messages name files relative to the root.
absl::StatusOr<std::vector<Version>> ReadRepository(const std::string& root, size_t max_file_bytes,
                                                    const ServingOptions& defaults = {});

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_MODEL_REPOSITORY_H_
