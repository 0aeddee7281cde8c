// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_STRAY_FILES_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_STRAY_FILES_H_

#include <string>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/repository/folder.h"

namespace hillock::repository {

// A file beside the models' folders that was meant to be a model.
struct StrayFile {
  std::string model;  // its name without the ending, as Printable()
  absl::Status why;   // what is wrong with it
};

// Those in the root of a repository of models: files that are a model, or that one could be made
// of, in order of name.
std::vector<StrayFile> StrayFiles(const Folder& root);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_STRAY_FILES_H_
