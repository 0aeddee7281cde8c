// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_LOOKUP_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_LOOKUP_H_

#include <cstddef>
#include <span>
#include <vector>

#include "server/core/kernel/row/sources.h"

namespace hillock::kernel::row {

// Each element becomes `width` columns: those of the table at the key that it equals, or
// `otherwise`, where it equals none. NaN equals none.
class Lookup {
 public:
  struct Table {
    std::span<const float> keys;  // ascending; empty: 0, 1, 2 and so on
    bool wraps;                   // without keys: -1 is the last entry, and so on
    size_t width;
    std::span<const float> entries;    // [entries][width]
    std::span<const float> otherwise;  // [width]
  };

  // source_width: elements that each row looks up.
  Lookup(const Table& table, size_t source_width);

  void Run(Sources sources, float* dst, size_t rows) const noexcept;
  size_t bytes() const { return (keys_.size() + entries_.size()) * sizeof(float); }

 private:
  // The entry's position; that of `otherwise`, which is the last one, where there is none.
  size_t Find(float x) const noexcept;
  size_t FindKey(float x) const noexcept;
  size_t FindPosition(float x) const noexcept;

  size_t source_width_;
  size_t width_;
  size_t count_;  // of entries, without `otherwise`
  bool wraps_;
  std::vector<float> keys_;
  std::vector<float> entries_;  // `otherwise` is behind them
};

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_LOOKUP_H_
