// SPDX-License-Identifier: Apache-2.0
#include "client/plot/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr size_t kLargestSide = 512;
constexpr size_t kWidestDoubled = 20;
constexpr std::string_view kRamp = " .:-=+*#%@";
constexpr std::string_view kUpperHalf = "\u2580";
constexpr int kBrightest = 255;

// The brightness, 0 to kBrightest, of the upper and lower half of one character.
struct Cell {
  int top = 0;
  int bottom = 0;
  bool operator==(const Cell&) const = default;
};

// The pixels of a row, scaled to brightness and enlarged.
class Canvas {
 public:
  Canvas(std::span<const float> pixels, PictureSize size)
      : pixels_(pixels), size_(size), zoom_(size.width <= kWidestDoubled ? 2 : 1) {
    for (const float pixel : pixels) {
      if (!std::isfinite(pixel)) continue;
      low_ = std::min(low_, pixel);
      high_ = std::max(high_, pixel);
    }
  }

  size_t lines() const { return (size_.height * zoom_ + 1) / 2; }
  size_t columns() const { return size_.width * zoom_; }
  Cell At(size_t line, size_t column) const {
    return {Brightness(2 * line, column), Brightness(2 * line + 1, column)};
  }

 private:
  int Brightness(size_t y, size_t x) const {
    if (y / zoom_ >= size_.height || !(high_ > low_)) return 0;
    const float pixel = pixels_[y / zoom_ * size_.width + x / zoom_];
    if (!std::isfinite(pixel)) return 0;
    const double range = static_cast<double>(high_) - static_cast<double>(low_);
    const double share = (static_cast<double>(pixel) - static_cast<double>(low_)) / range;
    return static_cast<int>(std::lround(share * kBrightest));
  }

  std::span<const float> pixels_;
  PictureSize size_;
  size_t zoom_;
  float low_ = std::numeric_limits<float>::max();
  float high_ = std::numeric_limits<float>::lowest();
};

std::string PlainLine(const Canvas& canvas, size_t line) {
  std::string text;
  for (size_t x = 0; x < canvas.columns(); ++x) {
    const Cell cell = canvas.At(line, x);
    const int brightness = (cell.top + cell.bottom) / 2;
    text += kRamp[static_cast<size_t>(brightness) * kRamp.size() / (kBrightest + 1)];
  }
  return text;
}

std::string Color(int layer, int brightness, Ink ink) {
  if (ink == Ink::kTrueColor)
    return fmt::format("{};2;{};{};{}", layer, brightness, brightness, brightness);
  constexpr int kBlack = 16;
  constexpr int kWhite = 231;
  constexpr int kFirstGrey = 232;
  constexpr int kGreys = 24;
  const int step = (brightness * (kGreys + 1) + kBrightest / 2) / kBrightest;
  const int grey = step == 0 ? kBlack : step > kGreys ? kWhite : kFirstGrey + step - 1;
  return fmt::format("{};5;{}", layer, grey);
}

std::string ColorLine(const Canvas& canvas, size_t line, Ink ink) {
  constexpr int kForeground = 38;
  constexpr int kBackground = 48;
  std::string text;
  Cell current{-1, -1};
  for (size_t x = 0; x < canvas.columns(); ++x) {
    const Cell cell = canvas.At(line, x);
    if (cell != current) {
      text += fmt::format("\x1b[{};{}m", Color(kForeground, cell.top, ink),
                          Color(kBackground, cell.bottom, ink));
      current = cell;
    }
    text += kUpperHalf;
  }
  return text + "\x1b[0m";
}

}  // namespace

absl::StatusOr<PictureSize> ParsePictureSize(std::string_view text) {
  PictureSize size;
  const char* const end = text.data() + text.size();
  const auto [cross, first_error] = std::from_chars(text.data(), end, size.height);
  if (first_error == std::errc() && cross != end && *cross == 'x') {
    const auto [rest, second_error] = std::from_chars(cross + 1, end, size.width);
    const auto fits = [](size_t side) { return side >= 1 && side <= kLargestSide; };
    if (second_error == std::errc() && rest == end && fits(size.height) && fits(size.width)) {
      return size;
    }
  }
  return absl::InvalidArgumentError(
      fmt::format("got {}, want HEIGHTxWIDTH such as 8x8, at most {}x{}", Quoted(text),
                  kLargestSide, kLargestSide));
}

std::vector<std::string> DrawPicture(std::span<const float> pixels, PictureSize size, Ink ink) {
  HILLOCK_CHECK(pixels.size() == size.height * size.width);
  const Canvas canvas(pixels, size);
  std::vector<std::string> lines;
  for (size_t y = 0; y < canvas.lines(); ++y) {
    lines.push_back(ink == Ink::kPlain ? PlainLine(canvas, y) : ColorLine(canvas, y, ink));
  }
  return lines;
}

std::string DrawBar(double share, size_t columns, Ink ink) {
  static constexpr std::array<std::string_view, 8> kEighths{"",       "\u258f", "\u258e", "\u258d",
                                                            "\u258c", "\u258b", "\u258a", "\u2589"};
  constexpr std::string_view kFull = "\u2588";
  const double cut = share > 0 ? std::min(share, 1.0) : 0;
  const auto eighths =
      static_cast<size_t>(std::lround(cut * static_cast<double>(columns * kEighths.size())));
  const bool plain = ink == Ink::kPlain;
  const size_t full = plain ? (eighths + 4) / 8 : eighths / 8;
  std::string bar;
  for (size_t i = 0; i < full; ++i) bar += plain ? "#" : kFull;
  const std::string_view tip = plain ? "" : kEighths[eighths % 8];
  return bar.append(tip).append(columns - full - (tip.empty() ? 0 : 1), ' ');
}

}  // namespace hillock::client
