// SPDX-License-Identifier: Apache-2.0

// Small verbs over text that the readers and reports of the client share.

#ifndef HILLOCK_CLIENT_TEXT_TEXT_H_
#define HILLOCK_CLIENT_TEXT_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

namespace hillock::client {

// `text` without the spaces, tabs and carriage returns at its ends.
std::string_view Trim(std::string_view text);

// ASCII letters compare without case; everything else byte by byte.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// The number that the whole of `text` spells in decimal notation, or none. "nan" and "inf" are
// numbers; a finite number too large for a double is not; one too small becomes 0.
std::optional<double> ParseNumber(std::string_view text);

// Whether `value` can become a float without turning a finite number into an infinite one.
bool FitsFloat(double value);

// `text` for an error message: in single quotes, control characters escaped, cut to 32 bytes.
std::string Quoted(std::string_view text);

// `text` fit for a terminal: control characters become \xNN, so it cannot move the cursor.
std::string Printable(std::string_view text);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TEXT_TEXT_H_
