// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_ROWS_NAMED_JSON_H_
#define HILLOCK_CLIENT_ROWS_NAMED_JSON_H_

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "client/rows/rows.h"

namespace hillock::client {

// Rows of the inputs that the options have, by their names: of an array of objects, one a row,
// whose members are the inputs; or of a request whose "inputs" have "name" and "data". Data of one
// row beside data of more is that of all rows. Members and inputs that the model does not have are
// refused. Errors: INVALID_ARGUMENT naming the input, and the row.
absl::StatusOr<Rows> RowsOfNamed(const nlohmann::json& document, const RowsOptions& options);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_ROWS_NAMED_JSON_H_
