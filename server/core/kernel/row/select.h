// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_SELECT_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_SELECT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/core/kernel/row/sources.h"

namespace hillock::kernel::row {

// y[c] = the element columns[c] of the sources, which lie side by side.
class Select {
 public:
  // widths: of the sources. REQUIRES: every column is one of theirs.
  Select(std::span<const uint32_t> columns, std::span<const size_t> widths);

  void Run(Sources sources, float* dst, size_t rows) const noexcept;
  size_t bytes() const { return pieces_.size() * sizeof(Piece); }

 private:
  // Columns that lie side by side in one source and in the result.
  struct Piece {
    size_t source;
    size_t from;  // its first column in the source
    size_t to;    // and in the result
    size_t columns;
  };

  size_t outputs_;
  std::vector<size_t> widths_;
  std::vector<Piece> pieces_;
};

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_SELECT_H_
