// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/lookup.h"

#include <algorithm>
#include <cmath>

namespace hillock::kernel::row {

Lookup::Lookup(const Table& table, size_t source_width)
    : source_width_(source_width),
      width_(table.width),
      count_(table.entries.size() / table.width),
      wraps_(table.wraps),
      keys_(table.keys.begin(), table.keys.end()),
      entries_(table.entries.begin(), table.entries.end()) {
  // The entry after the last: what is not found has a position like all else.
  entries_.insert(entries_.end(), table.otherwise.begin(), table.otherwise.end());
}

void Lookup::Run(Sources sources, float* dst, size_t rows) const noexcept {
  const float* const src = sources[0];
  for (size_t i = 0; i < rows * source_width_; ++i) {
    std::copy_n(entries_.data() + Find(src[i]) * width_, width_, dst + i * width_);
  }
}

size_t Lookup::Find(float x) const noexcept { return keys_.empty() ? FindPosition(x) : FindKey(x); }

size_t Lookup::FindKey(float x) const noexcept {
  const auto key = std::ranges::lower_bound(keys_, x);
  return key != keys_.end() && *key == x ? static_cast<size_t>(key - keys_.begin()) : count_;
}

// The bounds come first: a float beyond them, or NaN, must not be converted.
size_t Lookup::FindPosition(float x) const noexcept {
  const double count = static_cast<double>(count_);
  const double at = wraps_ && x < 0 ? double{x} + count : double{x};
  return at >= 0 && at < count && at == std::floor(at) ? static_cast<size_t>(at) : count_;
}

}  // namespace hillock::kernel::row
