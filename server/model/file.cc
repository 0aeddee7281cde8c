#include "server/model/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hillock::model {
namespace {

// Closes a file descriptor when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status OpenError() {
  if (errno == ENOENT) return absl::NotFoundError("no such file");
  if (errno == ELOOP) return absl::InvalidArgumentError("is a symbolic link, want a regular file");
  return absl::InvalidArgumentError(fmt::format("cannot be opened: {}", std::strerror(errno)));
}

absl::StatusOr<size_t> RegularSize(int fd, size_t max_bytes) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError("is not a regular file");
  }
  const size_t size = static_cast<size_t>(info.st_size);
  if (size > max_bytes) {
    return absl::ResourceExhaustedError(fmt::format("{} bytes, want at most {}", size, max_bytes));
  }
  return size;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  // Without O_NONBLOCK opening a named pipe would wait for its writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) return OpenError();
  HILLOCK_ASSIGN_OR_RETURN(const size_t size, RegularSize(file.get(), max_bytes));
  std::string content(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t n = read(file.get(), content.data() + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return absl::DataLossError(fmt::format("{} bytes could be read of {}", done, size));
    done += static_cast<size_t>(n);
  }
  return content;
}

}  // namespace hillock::model
