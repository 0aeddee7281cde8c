#ifndef HILLOCK_SERVER_MODEL_FILE_H_
#define HILLOCK_SERVER_MODEL_FILE_H_

#include <string>

#include "server/base/status.h"

namespace hillock::model {

// The whole content of a regular file, read into memory of the process's own so that later changes
// to the file cannot reach it. A symbolic link as the last component, or anything but a regular
// file, is INVALID_ARGUMENT; more than max_bytes RESOURCE_EXHAUSTED; a missing file NOT_FOUND; a
// file that changes its size meanwhile DATA_LOSS. Messages do not repeat the path.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes);

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_MODEL_FILE_H_
