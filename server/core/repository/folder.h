// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_FOLDER_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_FOLDER_H_

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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

// A folder held open, and the way to everything in it: a name is one component, never a path.
// Symbolic links are followed if they end beneath the *top*, which is the folder that Open() was
// given, and refused if not. So nothing beyond the top can be reached, whatever is renamed
// meanwhile. In a Hugging Face cache, where <cache>/snapshots/<revision> is full of links to
// <cache>/blobs, the top is <cache>.
//
// Thread-safe. Messages name neither the folder nor the entry.
class Folder {
 public:
  // Beyond these no listing goes: RESOURCE_EXHAUSTED.
  static constexpr size_t kMaxEntries = 100'000;

  enum class HardLinks { kAllowed, kRefused };

  // The folder that `path` names, links in it followed. NOT_FOUND, or INVALID_ARGUMENT for what is
  // no folder or may not be opened.
  static absl::StatusOr<Folder> Open(const std::string& path);

  // A folder in this one, or one that a link in it leads to. NOT_FOUND, or INVALID_ARGUMENT for
  // anything else of that name.
  absl::StatusOr<Folder> OpenFolder(std::string_view name) const;

  // Whether there is anything of that name, be it a link to nowhere.
  bool Has(std::string_view name) const;

  // Names of everything in it, in order.
  absl::StatusOr<std::vector<std::string>> Entries() const;

  // Names of the folders in it, of links to folders, and of links that cannot be followed, in
  // order. OpenFolder() says what is wrong with the last.
  absl::StatusOr<std::vector<std::string>> Folders() const;

  // Marks of the regular files in it and of those that links in it lead to, in order of name.
  absl::StatusOr<std::vector<FileMark>> Files() const;

  // The mark of one of them. NOT_FOUND, or INVALID_ARGUMENT for anything else of that name.
  absl::StatusOr<FileMark> Mark(std::string_view name) const;

  // The whole content of a regular file, read into memory of the process's own so that later
  // changes to the file cannot reach it. NOT_FOUND; INVALID_ARGUMENT for a link that is not
  // followed, anything but a regular file, a name that is a path, and a file with other hard links
  // where those are refused; RESOURCE_EXHAUSTED for more than max_bytes; DATA_LOSS for a file that
  // changes meanwhile.
  absl::StatusOr<FileContent> ReadFile(std::string_view name, size_t max_bytes,
                                       HardLinks links = HardLinks::kAllowed) const;

 private:
  Folder(std::shared_ptr<const Descriptor> top, std::string path, Descriptor folder)
      : top_(std::move(top)), path_(std::move(path)), folder_(std::move(folder)) {}
  std::string PathTo(std::string_view name) const;
  absl::StatusOr<Descriptor> OpenEntry(std::string_view name, int flags) const;
  absl::StatusOr<struct stat> Info(const std::string& name) const;

  std::shared_ptr<const Descriptor> top_;
  std::string path_;  // from the top to this folder; empty for the top itself
  Descriptor folder_;
};

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_FOLDER_H_
