// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_RPC_MESSAGES_DECODER_H_
#define HILLOCK_TESTS_UNIT_RPC_MESSAGES_DECODER_H_

#include <string>
#include <utility>
#include <vector>

#include "proto/inference.pb.h"
#include "server/rpc/messages/codec.h"

namespace hillock::rpc {

// Numbers as raw contents have them.
template <class T>
std::string Raw(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

// Reads and decodes requests one after the other, and keeps the last one's bytes.
class Decoder {
 public:
  absl::StatusOr<InferView> Decode(const inference::ModelInferRequest& request,
                                   const lifecycle::ServedModel& model, const Limits& limits = {}) {
    return Decode(request.SerializeAsString(), model, limits);
  }

  absl::StatusOr<InferView> Decode(std::string bytes, const lifecycle::ServedModel& model,
                                   const Limits& limits = {}) {
    bytes_ = std::move(bytes);
    HILLOCK_RETURN_IF_ERROR(request_.Read(bytes_));
    HILLOCK_ASSIGN_OR_RETURN(InferView view, DecodeShape(request_, model, limits));
    HILLOCK_RETURN_IF_ERROR(DecodeContents(request_, model, limits, gathered_, view));
    return view;
  }

  const RequestView& request() const { return request_; }

 private:
  std::string bytes_;
  RequestView request_;
  ScratchFloats gathered_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_TESTS_UNIT_RPC_MESSAGES_DECODER_H_
