// SPDX-License-Identifier: Apache-2.0

// Numbers as people read them. A NaN, which stands for "nothing measured", is "-".

#ifndef HILLOCK_CLIENT_TEXT_UNITS_H_
#define HILLOCK_CLIENT_TEXT_UNITS_H_

#include <string>

namespace hillock::client {

// A duration in seconds, to three digits: "412 ns", "1.2 us", "3.45 ms", "12 s".
std::string FormatSeconds(double seconds);

// A count: "0", "12,345", and from a million on "1.23 M", "45.6 G", "7.89 T".
std::string FormatCount(double count);

// A share of one: 0.9987 is "99.9%".
std::string FormatPercent(double share);

// Any other number, to four significant digits: "0.1235", "-12", "1.5e-09".
std::string FormatNumber(double value);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TEXT_UNITS_H_
