// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_ROWS_ROWS_H_
#define HILLOCK_CLIENT_ROWS_ROWS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hillock::client {

// What the elements of an input are.
enum class ElementKind { kNumber, kInteger, kBool, kString };

// Columns of a row that belong to one input of a model.
struct InputColumns {
  std::string name;
  size_t width = 1;
  ElementKind kind = ElementKind::kNumber;
  bool may_be_absent = false;
};

// Samples to send to a model, and what they are known to be.
struct Rows {
  size_t width = 0;                 // floats a row
  std::vector<float> values;        // count() x width, row after row
  std::vector<std::string> labels;  // the expected label of each row; empty: unknown

  // What values of strings are: a string's position here.
  std::vector<std::string> words{};

  // Inputs that the file does not have, by position; their values are 0. Empty: none.
  std::vector<char> absent{};

  std::string note{};  // what was left out of the file, for people; mostly empty

  size_t count() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const float> row(size_t i) const { return std::span(values).subspan(i * width, width); }
};

// Which column of a CSV file holds the expected label rather than a feature.
struct LabelColumn {
  enum class Kind {
    kAuto,   // the last, when the header calls it "label" or there is one column more than features
    kLast,   // the last
    kNone,   // none: every column is a feature
    kNamed,  // the one that the header calls `name`
  };
  Kind kind = Kind::kAuto;
  std::string name;

  // "last", "none", or the name of a column; empty is kAuto.
  static LabelColumn FromFlag(std::string_view flag);
};

struct RowsOptions {
  size_t width = 0;  // floats a row must have; 0: as many as the first row has
  LabelColumn label_column{};

  // The inputs that a row is of, side by side; their widths sum up to `width`. Empty: one of
  // numbers.
  std::vector<InputColumns> inputs{};
};

// The rows in `content`: NPY when it starts like one; else CSV or JSON by the extension of `path`
// (.csv .tsv .txt, .json); else JSON when its first character is [ or {, and CSV otherwise.
// Errors: INVALID_ARGUMENT naming `path`, row and column (both from 0), what was found and what was
// wanted; a sound file with no rows is one too.
absl::StatusOr<Rows> ParseRows(std::string_view content, const std::string& path,
                               const RowsOptions& options);

// ParseRows over the file at `path`, or over standard input when `path` is "-".
absl::StatusOr<Rows> ReadRows(const std::string& path, const RowsOptions& options);

// Sets the labels of all `rows` from a CSV file with one column, or one called "label".
// Errors: as above; INVALID_ARGUMENT when there is not one label a row.
absl::Status ReadLabels(const std::string& path, Rows& rows);

// At most `limit` rows from row `offset` on, with their labels. May be empty.
Rows Slice(const Rows& rows, size_t offset, size_t limit);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_ROWS_H_
