// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_ROWS_NPY_H_
#define HILLOCK_CLIENT_ROWS_NPY_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "client/rows/rows.h"

namespace hillock::client {

// Whether `content` begins as NumPy's array files do.
bool IsNpy(std::string_view content);

// Rows out of a NumPy array file of format 1, 2 or 3: little-endian floats of 4 or 8 bytes or
// integers of 1, 2, 4 or 8, in C or Fortran order. Two dimensions are rows and width; one dimension
// is one row, or, when rows are one wide, one row an element.
// Errors: INVALID_ARGUMENT for anything else and for a byte count that does not match the shape,
// found before anything of that size is allocated.
absl::StatusOr<Rows> ParseNpy(std::string_view content, const RowsOptions& options);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_NPY_H_
