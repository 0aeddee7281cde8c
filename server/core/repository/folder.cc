// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "server/core/base/background_thread.h"
#include "server/core/model/limits.h"

namespace hillock::repository {
namespace {

constexpr size_t kMaxBytesOfRead = size_t{1} << 17;  // 0.1 ms or less from the page cache

bool IsOneComponent(std::string_view name) {
  return !name.empty() && name.size() <= model::kMaxFileNameBytes && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

// Kernels before 5.6 lack openat2, and some sandboxes forbid it. For one component O_NOFOLLOW comes
// to the same.
int OpenBeneath(int folder, const char* name, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long fd = syscall(SYS_openat2, folder, name, &how, sizeof(how));
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
  return openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW);
}

absl::Status OpenError(bool wants_folder) {
  if (errno == ENOENT) return absl::NotFoundError(wants_folder ? "no such folder" : "no such file");
  if (errno == ELOOP || errno == EXDEV) {
    return absl::InvalidArgumentError(
        fmt::format("is a symbolic link, want a {}", wants_folder ? "folder" : "regular file"));
  }
  if (errno == ENOTDIR) return absl::InvalidArgumentError("is not a folder");
  return absl::InvalidArgumentError(fmt::format("cannot be opened: {}", std::strerror(errno)));
}

FileMark MarkOf(std::string_view name, const struct stat& info) {
  constexpr int64_t kNanosPerSecond = 1'000'000'000;
  return {std::string(name), info.st_dev, info.st_ino, static_cast<uint64_t>(info.st_size),
          info.st_ctim.tv_sec * kNanosPerSecond + info.st_ctim.tv_nsec};
}

absl::StatusOr<struct stat> RegularFile(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError("is not a regular file");
  }
  return info;
}

absl::Status ReadAll(int fd, FileContent& content) {
  size_t done = 0;
  while (done < content.size()) {
    YieldIfContended();
    const ssize_t n =
        read(fd, content.data() + done, std::min(content.size() - done, kMaxBytesOfRead));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      return absl::DataLossError(fmt::format("{} bytes could be read of {}", done, content.size()));
    }
    done += static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Folder> Folder::Open(const std::string& path) {
  Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return OpenError(/*wants_folder=*/true);
  return Folder(std::move(folder));
}

absl::StatusOr<Descriptor> Folder::OpenEntry(std::string_view name, int flags) const {
  if (!IsOneComponent(name)) {
    return absl::InvalidArgumentError("is not the name of an entry of the folder");
  }
  Descriptor entry(OpenBeneath(folder_.get(), std::string(name).c_str(), flags));
  if (entry.get() < 0) return OpenError((flags & O_DIRECTORY) != 0);
  return entry;
}

absl::StatusOr<Folder> Folder::OpenFolder(std::string_view name) const {
  HILLOCK_ASSIGN_OR_RETURN(Descriptor folder, OpenEntry(name, O_RDONLY | O_DIRECTORY));
  return Folder(std::move(folder));
}

bool Folder::Has(std::string_view name) const {
  struct stat info {};
  return IsOneComponent(name) &&
         fstatat(folder_.get(), std::string(name).c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

absl::StatusOr<std::vector<std::string>> Folder::Entries() const {
  // A stream of its own, as reading moves the position that all users of a descriptor share.
  const int fd = openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fd < 0 ? nullptr : fdopendir(fd), closedir);
  if (stream == nullptr) return OpenError(/*wants_folder=*/true);
  std::vector<std::string> names;
  while (const dirent* const entry = readdir(stream.get())) {
    if (IsOneComponent(entry->d_name)) names.emplace_back(entry->d_name);
    if (names.size() > kMaxEntries) {
      return absl::ResourceExhaustedError(
          fmt::format("more than {} entries in a folder", kMaxEntries));
    }
  }
  std::ranges::sort(names);
  return names;
}

absl::StatusOr<std::vector<std::string>> Folder::Folders() const {
  HILLOCK_ASSIGN_OR_RETURN(std::vector<std::string> names, Entries());
  std::erase_if(names, [this](const std::string& name) {
    struct stat info {};
    return fstatat(folder_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
           !S_ISDIR(info.st_mode);
  });
  return names;
}

absl::StatusOr<std::vector<FileMark>> Folder::Files() const {
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<std::string> names, Entries());
  std::vector<FileMark> marks;
  for (const std::string& name : names) {
    if (auto mark = Mark(name); mark.ok()) marks.push_back(*std::move(mark));
  }
  return marks;
}

absl::StatusOr<FileMark> Folder::Mark(std::string_view name) const {
  struct stat info {};
  if (!IsOneComponent(name) ||
      fstatat(folder_.get(), std::string(name).c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return absl::NotFoundError("no such file");
  }
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError("is not a regular file");
  return MarkOf(name, info);
}

absl::StatusOr<FileContent> Folder::ReadFile(std::string_view name, size_t max_bytes,
                                             HardLinks links) const {
  // Without O_NONBLOCK opening a named pipe would wait for its writer.
  HILLOCK_ASSIGN_OR_RETURN(const Descriptor file, OpenEntry(name, O_RDONLY | O_NONBLOCK));
  HILLOCK_ASSIGN_OR_RETURN(const struct stat before, RegularFile(file.get()));
  if (links == HardLinks::kRefused && before.st_nlink != 1) {
    return absl::InvalidArgumentError(fmt::format(
        "has {} hard links, want 1: it may be a file of somewhere else", before.st_nlink));
  }
  const auto bytes = static_cast<size_t>(before.st_size);
  if (bytes > max_bytes) {
    return absl::ResourceExhaustedError(fmt::format("{} bytes, want at most {}", bytes, max_bytes));
  }
  FileContent content(bytes);
  HILLOCK_RETURN_IF_ERROR(ReadAll(file.get(), content));
  HILLOCK_ASSIGN_OR_RETURN(const struct stat after, RegularFile(file.get()));
  if (MarkOf(name, before) != MarkOf(name, after)) {
    return absl::DataLossError("changed while it was read");
  }
  return content;
}

}  // namespace hillock::repository
