// SPDX-License-Identifier: Apache-2.0
#include "server/rest/path.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>

namespace hillock::rest {
namespace {

constexpr std::string_view kModel = "{model}";
constexpr std::string_view kVersions = "versions";

// Cuts off and returns the first segment. REQUIRES: `rest` begins with a slash.
std::string_view TakeSegment(std::string_view& rest) {
  const size_t end = std::min(rest.find('/', 1), rest.size());
  const std::string_view segment = rest.substr(1, end - 1);
  rest.remove_prefix(end);
  return segment;
}

// None for a % that two hexadecimal digits do not follow, and for nothing.
std::optional<std::string> Decoded(std::string_view segment) {
  std::string text;
  while (!segment.empty()) {
    if (segment.front() != '%') {
      text += segment.front();
      segment.remove_prefix(1);
      continue;
    }
    unsigned char byte = 0;
    const std::string_view digits = segment.substr(1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc() || end != segment.data() + 3) return std::nullopt;
    text += static_cast<char>(byte);
    segment.remove_prefix(3);
  }
  return text.empty() ? std::nullopt : std::optional(text);
}

bool TakeName(std::string_view& path, std::string& name) {
  if (path.empty()) return false;
  auto decoded = Decoded(TakeSegment(path));
  if (decoded) name = *std::move(decoded);
  return decoded.has_value();
}

// "/versions/{version}", if that comes.
bool TakeVersion(std::string_view& path, Names& names) {
  std::string_view rest = path;
  if (rest.empty() || TakeSegment(rest) != kVersions) return true;
  path = rest;
  return TakeName(path, names.version);
}

}  // namespace

// Loading and unloading are not for one version: the repository's models have none in their paths.
std::optional<Names> MatchPath(std::string_view form, std::string_view path) {
  Names names;
  const bool has_versions = form.starts_with("/v2/models/");
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  while (!form.empty()) {
    const std::string_view want = TakeSegment(form);
    if (want == kModel) {
      if (!TakeName(path, names.model)) return std::nullopt;
      if (has_versions && !TakeVersion(path, names)) return std::nullopt;
    } else if (path.empty() || TakeSegment(path) != want) {
      return std::nullopt;
    }
  }
  return path.empty() ? std::optional(std::move(names)) : std::nullopt;
}

}  // namespace hillock::rest
