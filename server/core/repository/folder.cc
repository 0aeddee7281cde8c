// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "server/core/base/background_thread.h"
#include "server/core/model/limits.h"
#include "server/core/repository/open_beneath.h"

namespace hillock::repository {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxBytesOfRead = size_t{1} << 17;  // 0.1 ms or less from the page cache

bool IsOneComponent(std::string_view name) {
  return !name.empty() && name.size() <= model::kMaxFileNameBytes && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

absl::Status OpenError(bool wants_folder) {
  if (errno == ENOENT) return absl::NotFoundError(wants_folder ? "no such folder" : "no such file");
  if (errno == EXDEV) {
    return absl::InvalidArgumentError("is a symbolic link that leads out of the repository");
  }
  if (errno == ELOOP) {
    return absl::InvalidArgumentError("is a symbolic link that leads in a circle");
  }
  if (errno == ENOTDIR) return absl::InvalidArgumentError("is not a folder");
  return absl::InvalidArgumentError(fmt::format("cannot be opened: {}", std::strerror(errno)));
}

// The top of a folder at the path `real`, which has no links.
fs::path TopOf(const fs::path& real) {
  std::error_code error;
  for (fs::path path = real; path.has_relative_path(); path = path.parent_path()) {
    const fs::path cache = path.parent_path().parent_path();
    const bool is_snapshot =
        path.parent_path().filename() == "snapshots" && fs::is_directory(cache / "blobs", error);
    if (is_snapshot) return cache;
  }
  return real;
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

// Only a cache is opened by its real path. That of a root which a link of /proc leads to, as KServe
// makes them, is of another container.
absl::StatusOr<Folder> Folder::Open(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  const fs::path cache = TopOf(real);
  const bool in_cache = !error && cache != real;
  auto top = std::make_shared<const Descriptor>(
      open(in_cache ? cache.c_str() : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (top->get() < 0) return OpenError(/*wants_folder=*/true);
  const std::string below = in_cache ? real.lexically_relative(cache).string() : "";
  const char* const entry = in_cache ? below.c_str() : ".";
  Descriptor folder(OpenBeneath(top->get(), entry, O_RDONLY | O_DIRECTORY));
  if (folder.get() < 0) return OpenError(/*wants_folder=*/true);
  return Folder(std::move(top), below, std::move(folder));
}

std::string Folder::PathTo(std::string_view name) const {
  return path_.empty() ? std::string(name) : fmt::format("{}/{}", path_, name);
}

// From here, which is sure to be the folder whose entries were listed. A link that leads elsewhere
// is followed from the top.
absl::StatusOr<Descriptor> Folder::OpenEntry(std::string_view name, int flags) const {
  if (!IsOneComponent(name)) {
    return absl::InvalidArgumentError("is not the name of an entry of the folder");
  }
  Descriptor entry(OpenBeneath(folder_.get(), std::string(name), flags));
  if (entry.get() < 0 && errno == EXDEV && !path_.empty()) {
    entry = Descriptor(OpenBeneath(top_->get(), PathTo(name), flags));
  }
  if (entry.get() >= 0) return entry;
  const int error = errno;
  if (error == ENOENT && Has(name)) {
    return absl::InvalidArgumentError("is a symbolic link that leads to nothing");
  }
  errno = error;
  return OpenError((flags & O_DIRECTORY) != 0);
}

absl::StatusOr<Folder> Folder::OpenFolder(std::string_view name) const {
  HILLOCK_ASSIGN_OR_RETURN(Descriptor folder, OpenEntry(name, O_RDONLY | O_DIRECTORY));
  return Folder(top_, PathTo(name), std::move(folder));
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
    const auto info = Info(name);
    return info.ok() ? !S_ISDIR(info->st_mode) : absl::IsNotFound(info.status());
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

// What an entry is, or what it leads to when it is a link.
absl::StatusOr<struct stat> Folder::Info(const std::string& name) const {
  struct stat info {};
  if (fstatat(folder_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return absl::NotFoundError("no such file");
  }
  if (!S_ISLNK(info.st_mode)) return info;
  HILLOCK_ASSIGN_OR_RETURN(const Descriptor target, OpenEntry(name, O_PATH));
  if (fstat(target.get(), &info) != 0) return OpenError(/*wants_folder=*/false);
  return info;
}

absl::StatusOr<FileMark> Folder::Mark(std::string_view name) const {
  if (!IsOneComponent(name)) return absl::NotFoundError("no such file");
  HILLOCK_ASSIGN_OR_RETURN(const struct stat info, Info(std::string(name)));
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
