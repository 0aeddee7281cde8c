// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
#define HILLOCK_TESTS_SUPPORT_TEMPORARY_FOLDER_H_

#include <filesystem>
#include <string>
#include <string_view>

namespace hillock::testing {

// A new empty folder that goes away, with all in it, at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // The full path of an entry, there or not.
  std::string Path(std::string_view relative) const { return (path_ / relative).string(); }

  // Writes a file and the folders on the way to it.
  void Write(std::string_view relative, std::string_view content) const;

  // Makes a folder and those on the way to it.
  void MakeFolder(std::string_view relative) const;

 private:
  std::filesystem::path path_;
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
