#ifndef HILLOCK_CLIENT_API_CHANNEL_H_
#define HILLOCK_CLIENT_API_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/api/tls_options.h"
#include "server/transport/net/address.h"

namespace hillock::client {

// What every channel of this client is made with: answers of any size, no proxy of the environment,
// a connection of its own.
grpc::ChannelArguments DefaultArguments();

// The address as gRPC writes it.
std::string GrpcTarget(const transport::Address& address);

// A channel to the address that `target` is. Connects when it is first used.
// Errors: INVALID_ARGUMENT when `target` is no address that can be called; as of MakeCredentials().
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& target,
                                                           const TlsOptions& tls,
                                                           grpc::ChannelArguments arguments);

// The same without TLS. REQUIRES: `target` is such an address.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& target,
                                           const grpc::ChannelArguments& arguments);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_CHANNEL_H_
