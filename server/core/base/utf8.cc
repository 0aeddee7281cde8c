// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/utf8.h"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hillock {
namespace {

constexpr uint32_t kMin[] = {0, 0, 0x80, 0x800, 0x10000};  // that needs so many bytes
constexpr uint32_t kMax = 0x10ffff;
constexpr uint32_t kFirstSurrogate = 0xd800;
constexpr uint32_t kLastSurrogate = 0xdfff;
constexpr uint64_t kHighBits = 0x8080808080808080;

bool IsAscii(std::string_view text) {
  uint64_t seen = 0;
  uint64_t word = 0;
  size_t at = 0;
  for (; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    seen |= word;
  }
  for (; at < text.size(); ++at) seen |= static_cast<uint8_t>(text[at]);
  return (seen & kHighBits) == 0;
}

// The length of the words of eight ASCII characters that `text` begins with.
size_t AsciiLength(std::string_view text) {
  size_t length = 0;
  for (uint64_t word; length + sizeof word <= text.size(); length += sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  return length;
}

// The length of the character that `text` begins with, or 0.
size_t CharacterLength(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  const auto length = static_cast<size_t>(std::countl_one(first));
  if (length == 0) return 1;
  if (length == 1 || length > 4 || length > text.size()) return 0;
  uint32_t code = first & (0x7fU >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte >> 6 != 2) return 0;
    code = code << 6 | (byte & 0x3fU);
  }
  const bool surrogate = code >= kFirstSurrogate && code <= kLastSurrogate;
  return code < kMin[length] || code > kMax || surrogate ? 0 : length;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  if (IsAscii(text)) return true;
  for (;;) {
    text.remove_prefix(AsciiLength(text));
    if (text.empty()) return true;
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

std::string EscapedUtf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) {
      out += fmt::format("\\x{:02X}", static_cast<uint8_t>(text[0]));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace hillock
