// SPDX-License-Identifier: Apache-2.0

// Rows, and labels, out of CSV text. Errors name row and column, both from 0, and the line.

#ifndef HILLOCK_CLIENT_ROWS_CSV_ROWS_H_
#define HILLOCK_CLIENT_ROWS_CSV_ROWS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/rows/rows.h"

namespace hillock::client {

// One row a record; MakeLayout() says which columns are its features. The first record is a header
// when a field of it is not a number, except when only the last is not and that is the label: then
// it is a header if its last field is called "label" or its other fields count 0, 1, 2 and so on;
// and when it has the names of the inputs.
absl::StatusOr<Rows> ParseCsv(std::string_view text, const RowsOptions& options);

// One label a record, out of the column called "label", or out of the only column.
absl::StatusOr<std::vector<std::string>> ParseLabels(std::string_view text);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_CSV_ROWS_H_
