// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "server/core/base/utf8.h"
#include "server/core/model/limits.h"

namespace hillock::repository {
namespace {

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
}

bool IsControl(char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); }

}  // namespace

bool IsModelName(std::string_view name) {
  return !name.empty() && name.size() <= model::kMaxNameBytes && name.front() != '.' &&
         std::ranges::all_of(name, IsNameCharacter);
}

absl::Status CheckModelName(std::string_view name) {
  if (IsModelName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no model name: want 1 to {} of A-Z a-z 0-9 _ . - and no leading dot",
                  Excerpt(Printable(name)), model::kMaxNameBytes));
}

absl::StatusOr<int64_t> ParseVersion(std::string_view text) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number < 1 || text.front() == '0') {
    return absl::InvalidArgumentError(
        fmt::format("got model version '{}', want a positive integer", text));
  }
  return number;
}

std::string Printable(std::string_view name) {
  const bool plain = IsUtf8(name) && std::ranges::none_of(name, IsControl);
  return plain ? std::string(name) : absl::CHexEscape({name.data(), name.size()});
}

std::string DescribeEntries(std::span<const std::string> entries) {
  constexpr size_t kShown = 4;
  std::string text;
  for (const std::string& entry : entries.first(std::min(entries.size(), kShown))) {
    text += fmt::format("{}'{}'", text.empty() ? "" : ", ", Excerpt(Printable(entry)));
  }
  if (entries.size() > kShown) text += fmt::format(" and {} more", entries.size() - kShown);
  if (text.empty()) return "";
  return fmt::format("; there {} {}", entries.size() == 1 ? "is" : "are", text);
}

}  // namespace hillock::repository
