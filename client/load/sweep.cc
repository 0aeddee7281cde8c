// SPDX-License-Identifier: Apache-2.0
#include "client/load/sweep.h"

#include <fmt/format.h>

#include <charconv>

#include "client/text/text.h"

namespace hillock::client {

absl::StatusOr<std::vector<size_t>> ParseSweep(std::string_view text) {
  std::vector<size_t> counts;
  for (bool more = true; more;) {
    const size_t comma = text.find(',');
    const std::string_view word = Trim(text.substr(0, comma));
    size_t count = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    if (!whole || count == 0 || count > kMaxOutstanding) {
      return absl::InvalidArgumentError(
          fmt::format("got {}, want a number from 1 to {}", Quoted(word), kMaxOutstanding));
    }
    counts.push_back(count);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return counts;
}

}  // namespace hillock::client
