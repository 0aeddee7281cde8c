// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_TEXT_SPARKLINE_H_
#define HILLOCK_CLIENT_TEXT_SPARKLINE_H_

#include <span>
#include <string>

#include "client/text/terminal.h"

namespace hillock::client {

// A column for each value, from nothing for 0 to the full height for the largest: blocks in UTF-8,
// punctuation in ASCII. NaN is a blank.
std::string Sparkline(std::span<const double> values, Charset charset);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TEXT_SPARKLINE_H_
