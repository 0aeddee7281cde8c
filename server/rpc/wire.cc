#include "server/rpc/wire.h"

#include <grpcpp/impl/codegen/proto_utils.h>

namespace hillock::rpc {

using Traits = grpc::SerializationTraits<google::protobuf::MessageLite>;

absl::Status Parse(grpc::ByteBuffer& bytes, inference::ModelInferRequest& request) {
  if (Traits::Deserialize(&bytes, &request).ok()) return absl::OkStatus();
  return absl::InvalidArgumentError("the bytes are no ModelInferRequest");
}

absl::Status Serialize(const google::protobuf::MessageLite& message, grpc::ByteBuffer& bytes) {
  bool own = false;
  if (Traits::Serialize(message, &bytes, &own).ok()) return absl::OkStatus();
  return absl::InternalError("an answer could not be serialized");
}

}  // namespace hillock::rpc
