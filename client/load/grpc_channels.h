// SPDX-License-Identifier: Apache-2.0

// What the workers that send through gRPC's C++ client share.

#ifndef HILLOCK_CLIENT_LOAD_GRPC_CHANNELS_H_
#define HILLOCK_CLIENT_LOAD_GRPC_CHANNELS_H_

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/plan.h"
#include "server/core/base/clock.h"

namespace hillock::client {

// A channel with a connection of its own.
struct GrpcChannel {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<grpc::GenericStub> stub;
};

// `count` channels to the plan's endpoint, all connected. Errors: as of OpenChannel(); UNAVAILABLE
// without a message when connecting takes longer than the plan's patience.
absl::StatusOr<std::vector<GrpcChannel>> ConnectChannels(const LoadPlan& plan, size_t count);

// Those that have a connection now.
size_t CountReady(std::span<const GrpcChannel> channels);

// The plan's requests as gRPC sends them.
std::vector<grpc::ByteBuffer> ByteBuffersOf(const LoadPlan& plan);

struct GrpcEvent {
  void* tag = nullptr;
  bool ok = false;
};

// The queue's next event, or none when none comes until then, or for 100 ms.
std::optional<GrpcEvent> NextEvent(grpc::CompletionQueue& queue, Nanos now, Nanos until);

// Ends the queue, and takes what is still to come. REQUIRES: every call is over, or will be.
void Shutdown(grpc::CompletionQueue& queue);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_GRPC_CHANNELS_H_
