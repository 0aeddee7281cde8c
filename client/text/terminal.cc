// SPDX-License-Identifier: Apache-2.0
#include "client/text/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "client/text/text.h"

namespace hillock::client {
namespace {

std::string_view OrEmpty(const char* text) { return text == nullptr ? "" : text; }

std::string_view Code(Accent accent) {
  switch (accent) {
    case Accent::kBold:
      return "1";
    case Accent::kGood:
      return "32";
    case Accent::kBad:
      return "1;31";
  }
  return "0";
}

}  // namespace

Ink ChooseInk(const TerminalFacts& facts) {
  const std::string_view term = OrEmpty(facts.term);
  const std::string_view color_term = OrEmpty(facts.color_term);
  if (!facts.is_terminal || !OrEmpty(facts.no_color).empty()) return Ink::kPlain;
  if (term.empty() || term == "dumb") return Ink::kPlain;
  return color_term == "truecolor" || color_term == "24bit" ? Ink::kTrueColor : Ink::kGrey256;
}

Ink StandardOutputInk() {
  return ChooseInk({isatty(STDOUT_FILENO) == 1, std::getenv("TERM"), std::getenv("COLORTERM"),
                    std::getenv("NO_COLOR")});
}

Charset ChooseCharset(const char* lc_all, const char* lc_ctype, const char* lang) {
  for (const char* const variable : {lc_all, lc_ctype, lang}) {
    const std::string_view locale = OrEmpty(variable);
    if (locale.empty()) continue;
    const size_t dot = locale.find('.');
    if (dot == std::string_view::npos) return Charset::kAscii;
    const std::string_view charset = locale.substr(dot + 1, locale.find('@') - dot - 1);
    const bool utf8 = EqualsIgnoreCase(charset, "UTF-8") || EqualsIgnoreCase(charset, "utf8");
    return utf8 ? Charset::kUtf8 : Charset::kAscii;
  }
  return Charset::kAscii;
}

Charset EnvironmentCharset() {
  return ChooseCharset(std::getenv("LC_ALL"), std::getenv("LC_CTYPE"), std::getenv("LANG"));
}

std::string Emphasize(std::string_view text, Accent accent, Ink ink) {
  if (ink == Ink::kPlain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", Code(accent), text);
}

}  // namespace hillock::client
