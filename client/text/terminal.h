// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_TEXT_TERMINAL_H_
#define HILLOCK_CLIENT_TEXT_TERMINAL_H_

#include <string>
#include <string_view>

namespace hillock::client {

// What a terminal can show. kPlain is for files, pipes and dumb terminals: no escapes at all.
enum class Ink { kPlain, kGrey256, kTrueColor };

// What the environment says of a terminal; a null is a variable that is not set.
struct TerminalFacts {
  bool is_terminal = false;
  const char* term = nullptr;
  const char* color_term = nullptr;
  const char* no_color = nullptr;  // https://no-color.org: any text but the empty one means none
};

Ink ChooseInk(const TerminalFacts& facts);

// ChooseInk for standard output and the environment of this process.
Ink StandardOutputInk();

// What text may be made of.
enum class Charset { kAscii, kUtf8 };

// By the variables that choose the locale: the first one set of LC_ALL, LC_CTYPE and LANG. A null
// or empty one is not set.
Charset ChooseCharset(const char* lc_all, const char* lc_ctype, const char* lang);

// ChooseCharset for the environment of this process.
Charset EnvironmentCharset();

// How text may look.
struct Look {
  Ink ink = Ink::kPlain;
  Charset charset = Charset::kAscii;
};

enum class Accent { kBold, kGood, kBad };

// `text`, highlighted where `ink` allows escapes.
std::string Emphasize(std::string_view text, Accent accent, Ink ink);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TEXT_TERMINAL_H_
