// SPDX-License-Identifier: Apache-2.0
#include "server/file_stamp.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace hillock {

std::string FileStamp(const std::string& path) {
  struct stat file {};
  if (path.empty() || stat(path.c_str(), &file) != 0) return "-";
  return fmt::format("{}:{}:{}.{}", file.st_ino, file.st_size, file.st_mtim.tv_sec,
                     file.st_mtim.tv_nsec);
}

}  // namespace hillock
