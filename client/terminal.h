#ifndef HILLOCK_CLIENT_TERMINAL_H_
#define HILLOCK_CLIENT_TERMINAL_H_

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

enum class Accent { kBold, kGood, kBad };

// `text`, brought out by escapes where `ink` has them.
std::string Emphasize(std::string_view text, Accent accent, Ink ink);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TERMINAL_H_
