// SPDX-License-Identifier: Apache-2.0
#include "client/text/table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr char kEscape = '\x1b';

struct Character {
  uint32_t code;
  size_t bytes;
};

size_t SequenceLength(unsigned char lead) {
  if (lead >= 0xf0 && lead < 0xf8) return 4;
  if (lead >= 0xe0) return lead < 0xf0 ? 3 : 1;
  return lead >= 0xc0 ? 2 : 1;
}

// The first character of non-empty `text`. A malformed sequence is one character of one byte.
Character FirstCharacter(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = SequenceLength(lead);
  if (length == 1 || length > text.size()) return {lead, 1};
  uint32_t code = lead & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80) return {lead, 1};
    code = (code << 6) | (byte & 0x3fu);
  }
  return {code, length};
}

struct Range {
  uint32_t first;
  uint32_t last;
};

template <size_t N>
bool In(const std::array<Range, N>& ranges, uint32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](Range r) { return code >= r.first && code <= r.last; });
}

size_t CharacterWidth(uint32_t code) {
  static constexpr std::array<Range, 4> kCombining{
      {{0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};
  static constexpr std::array<Range, 9> kWide{{{0x1100, 0x115f},
                                               {0x2e80, 0xa4cf},
                                               {0xac00, 0xd7a3},
                                               {0xf900, 0xfaff},
                                               {0xfe30, 0xfe6f},
                                               {0xff00, 0xff60},
                                               {0xffe0, 0xffe6},
                                               {0x1f300, 0x1faff},
                                               {0x20000, 0x3fffd}}};
  if (In(kCombining, code)) return 0;
  return In(kWide, code) ? 2 : 1;
}

// Bytes of the colour escape that `text` starts with, such as "\x1b[0m"; 0 when it starts
// otherwise.
size_t EscapeLength(std::string_view text) {
  if (text.size() < 2 || text[0] != kEscape || text[1] != '[') return 0;
  const size_t end = text.find_first_not_of("0123456789;", 2);
  return end == std::string_view::npos ? text.size() : end + 1;
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    if (const size_t escape = EscapeLength(text); escape > 0) {
      text.remove_prefix(escape);
      continue;
    }
    const Character character = FirstCharacter(text);
    width += CharacterWidth(character.code);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string Pad(std::string_view text, size_t width, Align align) {
  const size_t own = DisplayWidth(text);
  const std::string blanks(width > own ? width - own : 0, ' ');
  return align == Align::kRight ? blanks + std::string(text) : std::string(text) + blanks;
}

void Table::AddRow(std::vector<std::string> cells) {
  HILLOCK_CHECK(cells.size() <= columns_.size());
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths;
  widths.reserve(columns_.size());
  for (const Column& column : columns_) widths.push_back(DisplayWidth(column.title));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  return widths;
}

std::string Table::Render() const {
  const std::vector<size_t> widths = Widths();
  std::string text;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      line += (i == 0 ? "" : "  ") + Pad(cell_of(i), widths[i], columns_[i].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  add_line([&](size_t i) { return std::string_view(columns_[i].title); });
  for (const auto& row : rows_) add_line([&](size_t i) { return std::string_view(row[i]); });
  return text;
}

}  // namespace hillock::client
