// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_REPORT_RANDOM_ROWS_H_
#define HILLOCK_CLIENT_REPORT_RANDOM_ROWS_H_

#include <cstddef>
#include <cstdint>

#include "client/rows/rows.h"
#include "server/core/model/mlp.h"

namespace hillock::client {

// `count` rows that a seed determines, each value one that its input's datatype has:
//   floats    normally distributed after the model's own normalization; now and then NaN where the
//             input takes it
//   integers  from 0 to 7
//   BOOL      0 or 1
//   BYTES     the position of any word of the model, or -1
// All are within the input's low and high. What one row has for all is the same in each.
Rows RandomRows(const model::Mlp& mlp, size_t count, uint32_t seed);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_RANDOM_ROWS_H_
