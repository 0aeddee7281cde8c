// SPDX-License-Identifier: Apache-2.0
#include "client/api/metadata.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "client/text/text.h"

namespace hillock::client {
namespace {

// What HTTP/2 and gRPC set themselves.
constexpr std::string_view kReserved[] = {"te",   "content-type",      "user-agent", "connection",
                                          "host", "transfer-encoding", "upgrade"};

bool IsNameCharacter(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
}

bool IsPrintable(char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); }

std::string Stripped(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace({text.data(), text.size()}));
}

}  // namespace

absl::StatusOr<Metadata::value_type> ParseMetadata(std::string_view text) {
  const size_t end = text.find_first_of("=:");
  if (end == std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format("got {}, want NAME=VALUE", Quoted(text)));
  }
  const std::string name = absl::AsciiStrToLower(Stripped(text.substr(0, end)));
  std::string value = Stripped(text.substr(end + 1));
  if (name.empty() || !std::ranges::all_of(name, IsNameCharacter)) {
    return absl::InvalidArgumentError(
        fmt::format("got the name {}, want letters, digits, -, _ and .", Quoted(name)));
  }
  if (name.starts_with("grpc-") || std::ranges::find(kReserved, name) != std::end(kReserved)) {
    return absl::InvalidArgumentError(fmt::format("{} is set by gRPC", Quoted(name)));
  }
  if (name.ends_with("-bin")) {
    return absl::InvalidArgumentError(
        fmt::format("{} has binary values, want one of text", Quoted(name)));
  }
  if (!std::ranges::all_of(value, IsPrintable)) {
    return absl::InvalidArgumentError(
        fmt::format("{} has a value that is not printable ASCII", Quoted(name)));
  }
  return Metadata::value_type(name, std::move(value));
}

}  // namespace hillock::client
