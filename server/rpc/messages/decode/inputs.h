// SPDX-License-Identifier: Apache-2.0

// A step of DecodeShape(), see codec.h.

#ifndef HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUTS_H_
#define HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUTS_H_

#include "server/core/base/status.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/messages/codec.h"
#include "server/rpc/messages/request_view.h"

namespace hillock::rpc {

// Finds the model's inputs in the request, and the rows that they agree on: `places`, `rows` and
// `adds_axis` of the view.
absl::Status FindInputs(const RequestView& request, const lifecycle::ServedModel& model,
                        InferView& view);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_MESSAGES_DECODE_INPUTS_H_
