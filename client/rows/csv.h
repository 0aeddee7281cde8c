// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_ROWS_CSV_H_
#define HILLOCK_CLIENT_ROWS_CSV_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace hillock::client {

// Records of fields out of text in the manner of RFC 4180.
//
// The delimiter is the first of tab, semicolon, comma and space that the first line has outside of
// quotes; a run of spaces counts as one. Blanks around a field are dropped unless they are quoted;
// in quotes a doubled quote stands for one, and delimiters and line ends for themselves. Lines may
// end in CR LF, a byte order mark is skipped, and so are empty lines. Not thread-safe. The text
// must outlive the reader.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text);

  // Reads the next record into `fields`; false at the end of the text.
  // Errors: INVALID_ARGUMENT for a quote that is never closed or is followed by more text.
  absl::StatusOr<bool> Next(std::vector<std::string>& fields);

  // The line, counted from 1, on which the latest record starts.
  size_t line() const { return record_line_; }

 private:
  absl::StatusOr<std::string> ReadField();
  absl::StatusOr<std::string> ReadQuoted();
  bool AtRecordEnd() const { return rest_.empty() || rest_.front() == '\n'; }
  bool SkipDelimiter();
  void SkipBlanks();
  void SkipEmptyLines();

  std::string_view rest_;
  char delimiter_;
  size_t line_ = 1;
  size_t record_line_ = 1;
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_CSV_H_
