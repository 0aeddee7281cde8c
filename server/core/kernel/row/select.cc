// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/select.h"

#include <cstring>

namespace hillock::kernel::row {
namespace {

// A call of memcpy costs as much as copying so many floats one by one.
constexpr size_t kShort = 8;

}  // namespace

// Columns that follow each other in one source, and so in the result, become one piece.
Select::Select(std::span<const uint32_t> columns, std::span<const size_t> widths)
    : outputs_(columns.size()), widths_(widths.begin(), widths.end()) {
  for (size_t to = 0; to < columns.size(); ++to) {
    size_t source = 0;
    size_t from = columns[to];
    while (from >= widths_[source]) from -= widths_[source++];
    if (!pieces_.empty()) {
      Piece& last = pieces_.back();
      if (last.source == source && last.from + last.columns == from) {
        ++last.columns;
        continue;
      }
    }
    pieces_.push_back({source, from, to, 1});
  }
}

void Select::Run(Sources sources, float* dst, size_t rows) const noexcept {
  for (size_t r = 0; r < rows; ++r) {
    for (const Piece& piece : pieces_) {
      const float* const from = sources[piece.source] + r * widths_[piece.source] + piece.from;
      float* const to = dst + r * outputs_ + piece.to;
      if (piece.columns >= kShort) {
        std::memcpy(to, from, piece.columns * sizeof(float));
      } else {
        for (size_t c = 0; c < piece.columns; ++c) to[c] = from[c];
      }
    }
  }
}

}  // namespace hillock::kernel::row
