// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/status.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace hillock {

absl::Status Annotate(const absl::Status& status, std::string_view where) {
  if (status.ok()) return status;
  return absl::Status(status.code(), fmt::format("{}: {}", where, std::string(status.message())));
}

std::string_view Excerpt(std::string_view text) {
  constexpr size_t kMax = 128;
  if (text.size() <= kMax) return text;
  const auto continues = [&text](size_t i) { return (text[i] & '\xc0') == '\x80'; };
  size_t end = kMax;
  while (end > kMax - 3 && continues(end)) --end;
  return text.substr(0, end);
}

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace hillock
