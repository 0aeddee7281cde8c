// SPDX-License-Identifier: Apache-2.0
#include "client/rows/file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

struct Closer {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, Closer>;

absl::Status SystemError(const std::string& path) { return absl::ErrnoToStatus(errno, path); }

}  // namespace

absl::StatusOr<std::string> ReadWhole(const std::string& path, size_t max_bytes) {
  const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return SystemError(path);
  std::string content;
  while (true) {
    const size_t before = content.size();
    content.resize(before + kChunkBytes);
    const size_t got = std::fread(content.data() + before, 1, kChunkBytes, file.get());
    content.resize(before + got);
    if (std::ferror(file.get()) != 0) return SystemError(path);
    if (content.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          fmt::format("{}: more than {} bytes, which is the limit", path, max_bytes));
    }
    if (got < kChunkBytes) return content;
  }
}

absl::Status WriteWhole(const std::string& path, std::string_view text) {
  File file(std::fopen(path.c_str(), "wbe"));
  if (file == nullptr) return SystemError(path);
  const size_t written = std::fwrite(text.data(), 1, text.size(), file.get());
  if (written != text.size() || std::fclose(file.release()) != 0) return SystemError(path);
  return absl::OkStatus();
}

}  // namespace hillock::client
