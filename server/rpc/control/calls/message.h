// SPDX-License-Identifier: Apache-2.0

// Messages of control methods, to and from bytes. They hold names and little else.

#ifndef HILLOCK_SERVER_RPC_CONTROL_CALLS_MESSAGE_H_
#define HILLOCK_SERVER_RPC_CONTROL_CALLS_MESSAGE_H_

#include <google/protobuf/message.h>

#include <cstddef>
#include <string_view>

#include "server/core/base/status.h"
#include "server/transport/grpc/call.h"

namespace hillock::rpc {

// Max bytes of a request. Protobuf takes longer to parse a megabyte of empty fields than an event
// loop can spare.
inline constexpr size_t kMaxControlRequestBytes = size_t{64} << 10;

// RESOURCE_EXHAUSTED for a request of more.
absl::Status CheckControlRequestBytes(size_t bytes);

// RESOURCE_EXHAUSTED for a request of more, INVALID_ARGUMENT for bytes that are no such message.
absl::Status ParseControlRequest(std::string_view bytes, google::protobuf::Message& request);

// Sends bytes as a message.
void SendBytes(std::string_view bytes, transport::Call& call);

// Sends a message. REQUIRES: it is smaller than 2 GiB.
void SendMessage(const google::protobuf::Message& message, transport::Call& call);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_CALLS_MESSAGE_H_
