// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_TEXT_TABLE_H_
#define HILLOCK_CLIENT_TEXT_TABLE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hillock::client {

// Columns of a terminal that UTF-8 `text` takes: wide East Asian characters and emoji take two,
// combining marks and colour escapes none, a malformed byte one.
size_t DisplayWidth(std::string_view text);

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

// Rows of text under column titles, aligned with two spaces between columns and none at the end of
// a line. Not thread-safe.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // REQUIRES: at most one cell a column; missing cells at the end are empty.
  void AddRow(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }

  // The title line and every row, each ending in a newline.
  std::string Render() const;

 private:
  std::vector<size_t> Widths() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// `text` padded with spaces to `width` columns; longer text stays as it is.
std::string Pad(std::string_view text, size_t width, Align align);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_TEXT_TABLE_H_
