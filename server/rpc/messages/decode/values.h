// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_MESSAGES_DECODE_VALUES_H_
#define HILLOCK_SERVER_RPC_MESSAGES_DECODE_VALUES_H_

#include <cstddef>

#include "server/core/base/status.h"
#include "server/lifecycle/served_model.h"

namespace hillock::rpc {

// Checks the floats of one input in `rows` rows of [input_width()] floats, at any alignment: that
// they are finite, unless the input or the options of the model take others, and that columns are
// within their limits. INVALID_ARGUMENT with row and column, got and want.
absl::Status CheckValues(const lifecycle::ServedModel& model, const lifecycle::ServedInput& input,
                         const char* rows, size_t count);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_DECODE_VALUES_H_
