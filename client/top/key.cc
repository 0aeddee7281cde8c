// SPDX-License-Identifier: Apache-2.0
#include "client/top/key.h"

#include <optional>

namespace hillock::client {
namespace {

constexpr char kEscape = '\x1b';

std::optional<Key> Plain(char c) {
  switch (c) {
    case 'k':
      return Key::kUp;
    case 'j':
      return Key::kDown;
    case '\r':
    case '\n':
      return Key::kEnter;
    case kEscape:
    case '\x7f':
    case '\b':
      return Key::kBack;
    case 's':
      return Key::kSort;
    case 'r':
      return Key::kReverse;
    case 'q':
      return Key::kQuit;
    default:
      return std::nullopt;
  }
}

std::optional<Key> Arrow(char c) {
  switch (c) {
    case 'A':
      return Key::kUp;
    case 'B':
      return Key::kDown;
    case 'C':
      return Key::kEnter;
    case 'D':
      return Key::kBack;
    default:
      return std::nullopt;
  }
}

// Bytes of the sequence ESC [ ... or ESC O ... that `bytes` start with; 1 for a lone escape.
size_t SequenceLength(std::string_view bytes) {
  if (bytes.size() < 2 || (bytes[1] != '[' && bytes[1] != 'O')) return 1;
  const size_t end = bytes.find_first_not_of("0123456789;", 2);
  return end == std::string_view::npos ? bytes.size() : end + 1;
}

}  // namespace

std::vector<Key> KeysOf(std::string_view bytes) {
  std::vector<Key> keys;
  while (!bytes.empty()) {
    const size_t length = bytes[0] == kEscape ? SequenceLength(bytes) : 1;
    const auto key = length == 1 ? Plain(bytes[0]) : Arrow(bytes[length - 1]);
    if (key) keys.push_back(*key);
    bytes.remove_prefix(length);
  }
  return keys;
}

}  // namespace hillock::client
