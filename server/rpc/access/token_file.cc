// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/access/token_file.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"

namespace hillock::rpc {
namespace {

constexpr size_t kMaxName = 64;
constexpr size_t kMinToken = 16;
constexpr size_t kMaxToken = 512;
constexpr size_t kMaxTokens = 1000;
constexpr size_t kMaxFileBytes = size_t{1} << 20;

constexpr std::string_view kControl = "control";

// The part of `rest` before the first of these characters, which are taken off with it.
std::string_view TakeUntil(std::string_view separators, std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find_first_of(separators));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

std::vector<std::string_view> WordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::string_view word = TakeUntil(" \t\r", line);
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

bool IsOneOf(std::string_view characters, char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         characters.find(c) != std::string_view::npos;
}

bool IsName(std::string_view word) {
  return word.size() <= kMaxName &&
         std::ranges::all_of(word, [](char c) { return IsOneOf("._-", c); });
}

bool IsToken(std::string_view word) {
  if (word.size() < kMinToken || word.size() > kMaxToken) return false;
  const std::string_view bare = word.substr(0, word.find_last_not_of('=') + 1);
  return !bare.empty() && std::ranges::all_of(bare, [](char c) { return IsOneOf("-._~+/", c); });
}

absl::StatusOr<Token> ParseWords(const std::vector<std::string_view>& words) {
  if (words.size() < 2 || words.size() > 3) {
    return absl::InvalidArgumentError(
        fmt::format("got {} words, want NAME TOKEN or NAME TOKEN control", words.size()));
  }
  if (!IsName(words[0])) {
    return absl::InvalidArgumentError(
        fmt::format("want a name of at most {} letters, digits, '.', '_' and '-'", kMaxName));
  }
  if (!IsToken(words[1])) {
    return absl::InvalidArgumentError(fmt::format(
        "want a token of {} to {} letters, digits and -._~+/, which may end in =", kMinToken,
        kMaxToken));
  }
  if (words.size() == 3 && words[2] != kControl) {
    return absl::InvalidArgumentError("want no third word but control");
  }
  return Token{std::string(words[0]), DigestOf(words[1]), words.size() == 3};
}

absl::Status AddLine(std::string_view line, std::vector<Token>& tokens) {
  const std::vector<std::string_view> words = WordsOf(line);
  if (words.empty() || words.front().starts_with('#')) return absl::OkStatus();
  HILLOCK_ASSIGN_OR_RETURN(Token token, ParseWords(words));
  if (tokens.size() == kMaxTokens) {
    return absl::InvalidArgumentError(fmt::format("want at most {} tokens", kMaxTokens));
  }
  if (std::ranges::find(tokens, token.digest, &Token::digest) != tokens.end()) {
    return absl::InvalidArgumentError("got the token of an earlier line again");
  }
  tokens.push_back(std::move(token));
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  const int error = errno;
  if (file.gcount() == 0 && error != 0) return absl::ErrnoToStatus(error, "cannot read it");
  if (static_cast<size_t>(file.gcount()) > kMaxFileBytes) {
    return absl::InvalidArgumentError(fmt::format("want at most {} bytes", kMaxFileBytes));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

}  // namespace

TokenDigest DigestOf(std::string_view token) {
  TokenDigest digest;
  SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(), digest.data());
  return digest;
}

absl::StatusOr<std::vector<Token>> ParseTokens(std::string_view text) {
  std::vector<Token> tokens;
  for (size_t number = 1; !text.empty(); ++number) {
    const absl::Status added = AddLine(TakeUntil("\n", text), tokens);
    if (!added.ok()) return Annotate(added, fmt::format("line {}", number));
  }
  if (tokens.empty()) return absl::InvalidArgumentError("has no token, want NAME TOKEN in a line");
  return tokens;
}

absl::StatusOr<std::vector<Token>> ReadTokenFile(const std::string& path) {
  const std::string where = fmt::format("'{}'", path);
  auto text = ReadText(path);
  if (!text.ok()) return Annotate(text.status(), where);
  auto tokens = ParseTokens(*text);
  OPENSSL_cleanse(text->data(), text->size());
  if (!tokens.ok()) return Annotate(tokens.status(), where);
  return tokens;
}

}  // namespace hillock::rpc
