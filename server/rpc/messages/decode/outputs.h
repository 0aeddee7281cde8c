// SPDX-License-Identifier: Apache-2.0

// The steps of DecodeShape() that are about the answer, see codec.h.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_DECODE_OUTPUTS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_DECODE_OUTPUTS_H_

#include <cstddef>

#include "server/core/base/status.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/messages/codec.h"
#include "server/rpc/messages/limits.h"
#include "server/rpc/messages/request_view.h"

namespace hillock::rpc {

// Finds the outputs that the request is for: `values` and `labels` of the view.
absl::Status FindOutputs(const RequestView& request, const lifecycle::ServedModel& model,
                         InferView& view);

// The memory for an answer's numbers, before any is taken: a small request for many rows of a wide
// output is the cheapest way to make a server allocate. Strings are not counted, as they are known
// only when they are chosen; ResponseWriter limits those.
absl::StatusOr<size_t> CheckAnswer(const lifecycle::ServedModel& model, const Limits& limits,
                                   const InferView& view);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_DECODE_OUTPUTS_H_
