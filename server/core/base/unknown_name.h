// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_UNKNOWN_NAME_H_
#define HILLOCK_SERVER_CORE_BASE_UNKNOWN_NAME_H_

#include <span>
#include <string>
#include <string_view>

namespace hillock {

// What other programs call something that has another name here, or that there is none of: then
// `ours` is empty, and `instead` says what there is.
struct ForeignName {
  std::string_view theirs;
  std::string_view ours;
  std::string_view instead{};
};

// The one of `known` that `name` may be a misspelling of, or an empty one when none is near: no
// more than a third of its letters must be changed, added, left out or swapped with the next.
std::string_view Nearest(std::string_view name, std::span<const std::string> known);

// "unknown <kind> '<name>'", and what it may be here: the name for a foreign one, or a near one.
// In foreign names '_' and '-' are the same.
std::string ExplainUnknown(std::string_view kind, std::string_view name,
                           std::span<const ForeignName> foreign,
                           std::span<const std::string> known);

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_UNKNOWN_NAME_H_
