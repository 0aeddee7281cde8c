#ifndef HILLOCK_SERVER_RPC_GLANCE_H_
#define HILLOCK_SERVER_RPC_GLANCE_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>

#include "proto/inference.pb.h"

namespace hillock::rpc {

// The most bytes that the fields a glance keeps may take.
inline constexpr size_t kMostGlanced = 4096;

// Reads a request apart from its contents: `request` is what parsing `bytes` would give, without
// raw_input_contents and without the contents of its inputs, which are passed over and not copied.
// `bytes` stay as they are.
//
// False, with anything in `request`, when the bytes are damaged outside of contents, have groups,
// or more than kMostGlanced beside contents: then only parsing them tells what they are. True does
// not promise that the contents can be parsed.
bool Glance(grpc::ByteBuffer& bytes, inference::ModelInferRequest& request);

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_GLANCE_H_
