// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_PLOT_DOTS_H_
#define HILLOCK_CLIENT_PLOT_DOTS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/plot/axis.h"
#include "client/text/terminal.h"

namespace hillock::client {

// A part of a terminal that is drawn on by dots, several to a character: 2 x 4 braille dots, or 1 x
// 2 of ' and . where there is only ASCII. Not thread-safe.
class Dots {
 public:
  Dots(size_t columns, size_t lines, Charset charset);

  // Dots across and from top to bottom.
  size_t width() const { return columns_ * across_; }
  size_t height() const { return lines_ * down_; }

  // x counts from the left, y from the top. REQUIRES: inside.
  void Set(size_t x, size_t y);

  // The line of characters number `line`, from the top; all of the same display width.
  std::string Line(size_t line) const;

 private:
  size_t columns_;
  size_t lines_;
  Charset charset_;
  size_t across_;
  size_t down_;
  std::vector<uint8_t> cells_;  // a bit a dot, in braille's order
};

// Draws y over x, joined by lines, what is outside `vertical` left out. Points that are not finite
// break the line. REQUIRES: x ascends; both intervals have a span.
void DrawLine(std::span<const double> x, std::span<const double> y, const Interval& horizontal,
              const Interval& vertical, Dots& dots);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_PLOT_DOTS_H_
