// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/cgroup.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace hillock {
namespace {

// Whether `controllers`, which commas separate, are or include `controller`.
bool Lists(std::string_view controllers, std::string_view controller) {
  if (controllers == controller) return true;
  if (controller.empty()) return false;
  return fmt::format(",{},", controllers).find(fmt::format(",{},", controller)) !=
         std::string::npos;
}

}  // namespace

std::string CgroupOf(std::string_view text, std::string_view controller) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto listed = std::string_view(line).substr(first + 1, second - first - 1);
    if (Lists(listed, controller)) return line.substr(second + 1);
  }
  return "/";
}

std::vector<std::string> CgroupFolders(std::string_view mount, std::string_view controller) {
  std::ifstream file("/proc/self/cgroup");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<std::string> folders;
  for (std::string group = CgroupOf(text, controller);; group.resize(group.rfind('/'))) {
    folders.push_back(fmt::format("{}{}", mount, group == "/" ? "" : group));
    if (group.find('/') == std::string::npos) return folders;
  }
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace hillock
