// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_ROWS_JSON_ROWS_H_
#define HILLOCK_CLIENT_ROWS_JSON_ROWS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "client/rows/rows.h"

namespace hillock::client {

// Rows out of JSON text, in one of these forms:
//   [[1, 2], [3, 4]]    one row an inner array
//   [1, 2]              one row; or, when rows are one wide, one row a number
//   {"inputs": [{"shape": [2, 2], "data": [1, 2, 3, 4]}]}
//                       a request in the Open Inference Protocol's REST form with one input; `data`
//                       may be nested; without `shape` it is read as one of the forms above
//   several inputs, or other than numbers, in a request, and [{"age": 3, "town": "Ulm"}]
//                       by the names of the inputs: see RowsOfNamed()
// Errors: INVALID_ARGUMENT naming the place, what was found and what was wanted.
absl::StatusOr<Rows> ParseJson(std::string_view text, const RowsOptions& options);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_JSON_ROWS_H_
