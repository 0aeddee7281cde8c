// SPDX-License-Identifier: Apache-2.0

// gRPC's status on the wire, and the status of a call that HTTP/2 ended without one. After gRPC's
// "gRPC over HTTP2" (PROTOCOL-HTTP2.md) and "HTTP to gRPC status code mapping".

#ifndef HILLOCK_SERVER_TRANSPORT_GRPC_WIRE_STATUS_H_
#define HILLOCK_SERVER_TRANSPORT_GRPC_WIRE_STATUS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace hillock::transport {

// The code that the value of `grpc-status` stands for; UNKNOWN when it stands for none.
absl::StatusCode CodeFromWire(std::string_view value);

// What a stream is taken for that was reset with this code of HTTP/2.
absl::StatusCode CodeOfReset(uint32_t error);

// What an answer is taken for that has this HTTP status, other than 200, and no `grpc-status`.
absl::StatusCode CodeOfHttpStatus(int status);

}  // namespace hillock::transport

#endif  // HILLOCK_SERVER_TRANSPORT_GRPC_WIRE_STATUS_H_
