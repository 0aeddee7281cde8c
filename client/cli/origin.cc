// SPDX-License-Identifier: Apache-2.0
#include "client/cli/origin.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <iterator>

#include "server/core/base/cpu.h"

namespace hillock::client {
namespace {

constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+";

std::string ShellWord(std::string_view word) {
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string CpuName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

}  // namespace

std::string ShellText(std::string_view words) {
  std::string text;
  while (!words.empty()) {
    const size_t end = words.find('\0');
    std::string_view word = words.substr(0, end);
    if (text.empty()) word.remove_prefix(word.rfind('/') + 1);
    if (!text.empty()) text += ' ';
    text += ShellWord(word);
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return text;
}

std::string CommandText() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  return ShellText(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::string ThisMachineText() {
  utsname system{};
  const bool known = uname(&system) == 0;
  const std::string cpu = CpuName();
  return fmt::format("{}{}{} cores{}", cpu, cpu.empty() ? "" : ", ", UsableCores(),
                     known ? fmt::format(", {} {}", system.sysname, system.release) : "");
}

std::string DateText() {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::time(nullptr)));
}

}  // namespace hillock::client
