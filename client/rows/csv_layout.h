// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_ROWS_CSV_LAYOUT_H_
#define HILLOCK_CLIENT_ROWS_CSV_LAYOUT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/rows/rows.h"

namespace hillock::client {

// Which columns of a CSV file are the features of a row.
struct CsvLayout {
  static constexpr size_t kAbsent = SIZE_MAX;

  // A feature: its column, or kAbsent in an input that the file does not have, and the
  // input that it belongs to.
  struct Feature {
    size_t column = 0;
    size_t input = 0;
  };

  bool has_header = false;
  std::vector<std::string> first{};  // the first record
  std::optional<size_t> label{};     // column of the expected label
  std::vector<Feature> features{};
  std::vector<char> absent{};  // by input
  std::string note{};          // which columns are left out

  size_t columns() const { return first.size(); }
};

// The layout of a file with that first record, on line `line`.
//
// Features are the columns that a header calls as the inputs, when it has all that may not be
// absent, and any: an input of one column by its name, of several by its name and 0, 1, 2 ... after
// "_" or
// ".". Columns beside them are left out, but for the label. Otherwise features are all columns but
// the label, in their order; a first column without a name, or called "Unnamed: 0", is the index
// that pandas writes, and is left out, when there is one column more than that. INVALID_ARGUMENT
// when the number of columns does not fit.
absl::StatusOr<CsvLayout> MakeLayout(std::vector<std::string> first, size_t line,
                                     const RowsOptions& options);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_CSV_LAYOUT_H_
