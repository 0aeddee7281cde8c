// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_FOLDER_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_FOLDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/aligned_buffer.h"
#include "server/core/base/descriptor.h"
#include "server/core/base/status.h"

namespace hillock::repository {

// What the system says of a file without opening it. Two equal marks stand for the same content, if
// more than a tick of the system's clock is between them.
struct FileMark {
  std::string name;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t bytes = 0;
  int64_t changed = 0;  // content or attributes, last; nanoseconds since the epoch

  bool operator==(const FileMark&) const = default;
};

using FileContent = AlignedBuffer<char>;

inline std::string_view TextOf(const FileContent& content) {
  return {content.data(), content.size()};
}

// A folder held open, and the way to everything in it: a name is one component, never a path, and a
// symbolic link is never followed, so nothing outside the folder can be reached through it,
// whatever is renamed meanwhile. Thread-safe. Messages name neither the folder nor the entry.
class Folder {
 public:
  // Beyond these no listing goes: RESOURCE_EXHAUSTED.
  static constexpr size_t kMaxEntries = 100'000;

  enum class HardLinks { kAllowed, kRefused };

  // The folder that `path` names, links in it followed. NOT_FOUND, or INVALID_ARGUMENT for what is
  // no folder or may not be opened.
  static absl::StatusOr<Folder> Open(const std::string& path);

  // A folder in this one. NOT_FOUND, or INVALID_ARGUMENT for anything else of that name.
  absl::StatusOr<Folder> OpenFolder(std::string_view name) const;

  // Whether there is anything of that name, be it a link to nowhere.
  bool Has(std::string_view name) const;

  // Names of everything in it, in order.
  absl::StatusOr<std::vector<std::string>> Entries() const;

  // Names of the folders in it, in order.
  absl::StatusOr<std::vector<std::string>> Folders() const;

  // Marks of the regular files in it, in order of name.
  absl::StatusOr<std::vector<FileMark>> Files() const;

  // The mark of one regular file. NOT_FOUND, or INVALID_ARGUMENT for anything else of that name.
  absl::StatusOr<FileMark> Mark(std::string_view name) const;

  // The whole content of a regular file, read into memory of the process's own so that later
  // changes to the file cannot reach it. NOT_FOUND; INVALID_ARGUMENT for a symbolic link, anything
  // but a regular file, a name that is a path, and a file with other hard links where those are
  // refused; RESOURCE_EXHAUSTED for more than max_bytes; DATA_LOSS for a file that changes
  // meanwhile.
  absl::StatusOr<FileContent> ReadFile(std::string_view name, size_t max_bytes,
                                       HardLinks links = HardLinks::kAllowed) const;

 private:
  explicit Folder(Descriptor folder) : folder_(std::move(folder)) {}
  absl::StatusOr<Descriptor> OpenEntry(std::string_view name, int flags) const;

  Descriptor folder_;
};

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_FOLDER_H_
