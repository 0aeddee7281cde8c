// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/calls/message.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace hillock::rpc {

absl::Status CheckControlRequestBytes(size_t bytes) {
  if (bytes <= kMaxControlRequestBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("got a request of {} bytes, want at most {}", bytes, kMaxControlRequestBytes));
}

absl::Status ParseControlRequest(std::string_view bytes, google::protobuf::Message& request) {
  HILLOCK_RETURN_IF_ERROR(CheckControlRequestBytes(bytes.size()));
  if (request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("got {} bytes that are no {}", bytes.size(), request.GetTypeName()));
}

void SendBytes(std::string_view bytes, transport::Call& call) {
  transport::Buffer message = call.NewBuffer();
  message.Reserve(bytes.size());  // an empty message needs its headroom, too
  message.Append(bytes);
  call.Send(std::move(message));
}

void SendMessage(const google::protobuf::Message& message, transport::Call& call) {
  SendBytes(message.SerializeAsString(), call);
}

}  // namespace hillock::rpc
