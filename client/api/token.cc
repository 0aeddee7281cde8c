// SPDX-License-Identifier: Apache-2.0
#include "client/api/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "client/rows/file.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr char kAuthorization[] = "authorization";
constexpr size_t kMaxFileBytes = size_t{16} << 10;

absl::StatusOr<std::string> Authorization(const std::string& source, std::string_view text) {
  const absl::string_view word = absl::StripAsciiWhitespace({text.data(), text.size()});
  if (word.empty() || !std::ranges::all_of(word, absl::ascii_isgraph)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: want one token, a word of printable ASCII", source));
  }
  return fmt::format("Bearer {}", std::string_view(word.data(), word.size()));
}

}  // namespace

absl::StatusOr<std::string> ReadAuthorization(const std::string& file) {
  if (!file.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(const std::string text, ReadWhole(file, kMaxFileBytes));
    return Authorization(file, text);
  }
  const char* const token = std::getenv(kTokenVariable);
  if (token == nullptr || *token == '\0') return "";
  return Authorization(kTokenVariable, token);
}

absl::StatusOr<Metadata> MetadataOf(const Endpoint& endpoint) {
  Metadata metadata = endpoint.metadata;
  const bool is_given = std::ranges::any_of(
      metadata, [](const auto& field) { return field.first == kAuthorization; });
  if (!is_given) {
    HILLOCK_ASSIGN_OR_RETURN(std::string token, ReadAuthorization(endpoint.token_file));
    if (!token.empty()) metadata.emplace_back(kAuthorization, std::move(token));
  }
  if (metadata.size() <= kMaxMetadata) return metadata;
  return absl::InvalidArgumentError(
      fmt::format("got {} metadata for a call, want at most {}", metadata.size(), kMaxMetadata));
}

}  // namespace hillock::client
