// SPDX-License-Identifier: Apache-2.0

// Words of headers.

#ifndef HILLOCK_SERVER_HTTP_WORDS_H_
#define HILLOCK_SERVER_HTTP_WORDS_H_

#include <algorithm>
#include <string_view>

namespace hillock::http {

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

// Without the spaces and tabs around it.
constexpr std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_WORDS_H_
