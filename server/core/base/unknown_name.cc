// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/unknown_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "server/core/base/status.h"

namespace hillock {
namespace {

constexpr size_t kLongest = 64;  // no name is longer

// The changes of letters that make `b` of `a`, adjacent ones being swapped at most once.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last;
  std::vector<size_t> last;
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row.back();
}

bool AreSpelledAlike(std::string_view a, std::string_view b) {
  const auto hyphenated = [](char c) { return c == '_' ? '-' : c; };
  return std::ranges::equal(a, b, {}, hyphenated, hyphenated);
}

}  // namespace

std::string_view Nearest(std::string_view name, std::span<const std::string> known) {
  std::string_view nearest;
  if (name.size() > kLongest) return nearest;
  size_t least = name.size() / 3 + 1;
  for (const std::string& one : known) {
    const size_t distance = Distance(name, one);
    if (distance >= least) continue;
    least = distance;
    nearest = one;
  }
  return nearest;
}

std::string ExplainUnknown(std::string_view kind, std::string_view name,
                           std::span<const ForeignName> foreign,
                           std::span<const std::string> known) {
  const std::string unknown = fmt::format("unknown {} '{}'", kind, Excerpt(name));
  const auto it = std::ranges::find_if(
      foreign, [name](const ForeignName& one) { return AreSpelledAlike(name, one.theirs); });
  const bool is_foreign = it != foreign.end();
  if (is_foreign && it->ours.empty()) return fmt::format("{}: {}", unknown, it->instead);
  const std::string_view nearest = is_foreign ? it->ours : Nearest(name, known);
  if (nearest.empty()) return unknown;
  return fmt::format("{}: did you mean {}?", unknown, nearest);
}

}  // namespace hillock
