// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/open_beneath.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>

#include "server/core/base/descriptor.h"

namespace hillock::repository {
namespace {

namespace fs = std::filesystem;

// A rename somewhere on the machine can make the kernel unsure of a "..", for a moment.
constexpr int kTries = 100;

int Openat2(int folder, const char* path, int flags, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve;
  for (int i = 1;; ++i) {
    const auto fd = static_cast<int>(syscall(SYS_openat2, folder, path, &how, sizeof(how)));
    if (fd >= 0 || errno != EAGAIN || i == kTries) return fd;
  }
}

// Kernels before 5.6 lack openat2, and some sandboxes forbid it.
bool IsMissing(int error) { return error == ENOSYS || error == EPERM; }

// An entry of a folder that is no link. For one name O_NOFOLLOW comes to the same as openat2.
int OpenEntry(int folder, const std::string& name, int flags) {
  const int fd = Openat2(folder, name.c_str(), flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  if (fd >= 0 || !IsMissing(errno)) return fd;
  return openat(folder, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
}

// A path of names, none of which may be a link or "..".
int Walk(int top, const fs::path& path, int flags) {
  if (path.empty()) return openat(top, ".", flags | O_CLOEXEC);
  Descriptor folder(-1);
  const auto at = [&] { return folder.get() < 0 ? top : folder.get(); };
  const fs::path last = path.filename();
  for (const fs::path& name : path.parent_path()) {
    if (name == "..") {
      errno = EXDEV;
      return -1;
    }
    Descriptor next(OpenEntry(at(), name.string(), O_PATH | O_DIRECTORY));
    if (next.get() < 0) return -1;
    folder = std::move(next);
  }
  return OpenEntry(at(), last.string(), flags);
}

std::string PathOf(int fd) {
  std::error_code error;
  return fs::read_symlink(fmt::format("/proc/self/fd/{}", fd), error).string();
}

// The path beneath `top` of what `path` leads to, links resolved; none, and errno, when there is
// none. O_PATH opens nothing for reading, so a detour through other folders does no harm.
std::optional<fs::path> RealPath(int top, const std::string& path) {
  const Descriptor target(openat(top, path.c_str(), O_PATH | O_CLOEXEC));
  if (target.get() < 0) return std::nullopt;
  std::string root = PathOf(top);
  const std::string real = PathOf(target.get());
  if (!root.empty() && real == root) return fs::path();
  if (!root.ends_with('/')) root += '/';
  if (real.starts_with(root)) return fs::path(real.substr(root.size()));
  errno = EXDEV;
  return std::nullopt;
}

}  // namespace

// RESOLVE_BENEATH refuses every absolute link, and every ".." above `top`, wherever they end. What
// it refuses is resolved by path, and that path is then walked without links: if it has changed in
// between, the walk fails.
int OpenBeneath(int top, const std::string& path, int flags) {
  int fd = Openat2(top, path.c_str(), flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  if (fd >= 0 || (errno != EXDEV && !IsMissing(errno))) return fd;
  if (IsMissing(errno)) {
    fd = Walk(top, path, flags);
    if (fd >= 0 || errno == ENOENT) return fd;
  }
  const auto real = RealPath(top, path);
  return real ? Walk(top, *real, flags) : -1;
}

}  // namespace hillock::repository
