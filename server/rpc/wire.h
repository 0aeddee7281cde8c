// Messages from the bytes that gRPC carries, and back.

#ifndef HILLOCK_SERVER_RPC_WIRE_H_
#define HILLOCK_SERVER_RPC_WIRE_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include "proto/inference.pb.h"
#include "server/base/status.h"

namespace hillock::rpc {

// Parses a request in place of what `request` held, and frees its bytes. INVALID_ARGUMENT when they
// are none; then `request` may hold anything.
absl::Status Parse(grpc::ByteBuffer& bytes, inference::ModelInferRequest& request);

// Puts a message's bytes in place of what `bytes` held. INTERNAL when it is too large for any.
absl::Status Serialize(const google::protobuf::MessageLite& message, grpc::ByteBuffer& bytes);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_WIRE_H_
