// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/layout.h"

#include <algorithm>

#include "server/core/repository/names.h"
#include "server/core/repository/version_files.h"

namespace hillock::repository {
namespace {

bool HasAModelFolder(const Folder& root) {
  const auto names = VisibleFolders(root);
  return names.ok() && std::ranges::any_of(*names, [&](const std::string& name) {
           const auto folder = root.OpenFolder(name);
           return folder.ok() && !VersionsIn(*folder).empty();
         });
}

bool IsVersionFolder(const Folder& root, bool name_is_given) {
  const auto entries = root.Entries();
  if (!entries.ok()) return false;
  const auto file = FindModelFile(*entries, "");
  return file.ok() && (name_is_given || IsModelFile(*file)) && !HasAModelFolder(root);
}

}  // namespace

bool IsIgnored(std::string_view name) {
  return name.front() == '.' || name == "lost+found" || name == "__pycache__";
}

absl::StatusOr<std::vector<std::string>> VisibleFolders(const Folder& folder) {
  HILLOCK_ASSIGN_OR_RETURN(std::vector<std::string> names, folder.Folders());
  std::erase_if(names, IsIgnored);
  return names;
}

std::vector<int64_t> VersionsIn(const Folder& model) {
  std::vector<int64_t> numbers;
  const auto folders = model.Folders();
  if (!folders.ok()) return numbers;
  for (const std::string& name : *folders) {
    if (const auto number = ParseVersion(name); number.ok()) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

std::optional<Layout> LayoutOf(const Folder& root, bool name_is_given) {
  if (!VersionsIn(root).empty()) return Layout::kOneModel;
  if (IsVersionFolder(root, name_is_given)) return Layout::kOneVersion;
  const auto folders = VisibleFolders(root);
  if (!folders.ok() || folders->empty()) return std::nullopt;
  return Layout::kModels;
}

std::string Describe(const Folder& model) {
  auto entries = model.Entries();
  if (!entries.ok()) return "";
  std::erase_if(*entries, IsIgnored);
  return DescribeEntries(*entries);
}

}  // namespace hillock::repository
