// SPDX-License-Identifier: Apache-2.0

// Rows of numbers as pictures made of characters.

#ifndef HILLOCK_CLIENT_PLOT_PICTURE_H_
#define HILLOCK_CLIENT_PLOT_PICTURE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/text/terminal.h"

namespace hillock::client {

struct PictureSize {
  size_t height = 0;
  size_t width = 0;
};

// Reads "HxW", each from 1 to 512.
absl::StatusOr<PictureSize> ParsePictureSize(std::string_view text);

// The lines of a picture of `pixels`, row after row, all of one display width. Brightness runs from
// the smallest pixel to the largest. A character covers two pixels, one above the other, and small
// pictures are drawn at twice their size; with Ink::kPlain a character is as bright as the two are
// together. A pixel that is not finite is dark.
// REQUIRES: pixels.size() == size.height * size.width.
std::vector<std::string> DrawPicture(std::span<const float> pixels, PictureSize size, Ink ink);

// A bar that fills `share` of `columns`, padded to `columns`. Shares outside of 0 to 1 are cut.
std::string DrawBar(double share, size_t columns, Ink ink);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_PLOT_PICTURE_H_
