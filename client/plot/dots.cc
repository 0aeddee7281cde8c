// SPDX-License-Identifier: Apache-2.0
#include "client/plot/dots.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr uint32_t kBlankBraille = 0x2800;

// The bit of braille dot (x, y) of a cell.
constexpr std::array<std::array<uint8_t, 4>, 2> kBrailleBits{
    {{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};

std::string Braille(uint8_t bits) {
  const uint32_t code = kBlankBraille + bits;
  return {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
          static_cast<char>(0x80 | (code & 0x3f))};
}

char Ascii(uint8_t bits) {
  const bool upper = (bits & kBrailleBits[0][0]) != 0;
  const bool lower = (bits & kBrailleBits[0][1]) != 0;
  if (upper && lower) return ':';
  return upper ? '\'' : lower ? '.' : ' ';
}

// The dots of one column from `from` to `to`, in fractions of the height from the bottom; cut off
// at the edges.
void FillColumn(size_t x, double from, double to, Dots& dots) {
  const double low = std::max(std::min(from, to), 0.0);
  const double high = std::min(std::max(from, to), 1.0);
  if (!(low <= high)) return;
  const double most = static_cast<double>(dots.height() - 1);
  const auto bottom = static_cast<size_t>(std::lround(low * most));
  const auto top = static_cast<size_t>(std::lround(high * most));
  for (size_t y = bottom; y <= top; ++y) dots.Set(x, dots.height() - 1 - y);
}

// A line between two points, both in fractions of width and height.
void DrawSegment(double x0, double y0, double x1, double y1, Dots& dots) {
  const double most = static_cast<double>(dots.width() - 1);
  const auto first = static_cast<size_t>(std::lround(x0 * most));
  const auto last = static_cast<size_t>(std::lround(x1 * most));
  const double columns = static_cast<double>(last - first + 1);
  for (size_t x = first; x <= last; ++x) {
    const double done = static_cast<double>(x - first);
    FillColumn(x, y0 + (y1 - y0) * done / columns, y0 + (y1 - y0) * (done + 1) / columns, dots);
  }
}

}  // namespace

Dots::Dots(size_t columns, size_t lines, Charset charset)
    : columns_(columns),
      lines_(lines),
      charset_(charset),
      across_(charset == Charset::kUtf8 ? 2 : 1),
      down_(charset == Charset::kUtf8 ? 4 : 2),
      cells_(columns * lines) {}

void Dots::Set(size_t x, size_t y) {
  HILLOCK_CHECK(x < width() && y < height());
  cells_[y / down_ * columns_ + x / across_] |= kBrailleBits[x % across_][y % down_];
}

std::string Dots::Line(size_t line) const {
  std::string text;
  for (size_t i = 0; i < columns_; ++i) {
    const uint8_t bits = cells_[line * columns_ + i];
    if (charset_ == Charset::kUtf8 && bits != 0) {
      text += Braille(bits);
    } else {
      text += Ascii(bits);
    }
  }
  return text;
}

void DrawLine(std::span<const double> x, std::span<const double> y, const Interval& horizontal,
              const Interval& vertical, Dots& dots) {
  for (size_t i = 0; i + 1 < x.size(); ++i) {
    if (!std::isfinite(y[i]) || !std::isfinite(y[i + 1])) continue;
    DrawSegment(horizontal.ShareOf(x[i]), vertical.ShareOf(y[i]), horizontal.ShareOf(x[i + 1]),
                vertical.ShareOf(y[i + 1]), dots);
  }
}

}  // namespace hillock::client
