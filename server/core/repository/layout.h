// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_LAYOUT_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_LAYOUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/repository/folder.h"

namespace hillock::repository {

// What the folders of a repository are.
enum class Layout {
  kModels,      // its folders are models
  kOneModel,    // its folders are versions of one model
  kOneVersion,  // it is the version folder of one model
};

// Whether an entry is none of a repository's, whatever it is: its name begins with a dot, or it is
// lost+found of a file system or __pycache__ of Python.
bool IsIgnored(std::string_view name);

// Folders, and links in place of one, that are not ignored, in order.
absl::StatusOr<std::vector<std::string>> VisibleFolders(const Folder& folder);

// Numbers of the version folders of a model, ascending. A folder that cannot be listed has none.
std::vector<int64_t> VersionsIn(const Folder& model);

// The layout of a root by what is in it now; none while there is nothing. It is one version when it
// has a model.onnx or model.mlp and no folder of a model; if the model's name is given, its only
// ONNX file may be called anything.
std::optional<Layout> LayoutOf(const Folder& root, bool name_is_given);

// What lies in a model's folder, for people who look for a version there: "; there is 'v1'".
std::string Describe(const Folder& model);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_LAYOUT_H_
