// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_CHANNEL_H_
#define HILLOCK_CLIENT_API_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/api/endpoint.h"
#include "server/transport/net/address.h"

namespace hillock::client {

// The arguments of every channel of this client: answers of any size, proxies of the environment
// ignored, connections not shared between channels.
grpc::ChannelArguments DefaultArguments();

// The address as gRPC writes it.
std::string GrpcTarget(const transport::Address& address);

// A channel to `endpoint`, whose calls carry its metadata and token. Connects when it is first
// used. Errors: INVALID_ARGUMENT when the target is no address that can be called; as of
// MakeCredentials() and MetadataOf().
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const Endpoint& endpoint,
                                                           grpc::ChannelArguments arguments);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_CHANNEL_H_
