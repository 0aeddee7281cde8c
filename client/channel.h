#ifndef HILLOCK_CLIENT_CHANNEL_H_
#define HILLOCK_CLIENT_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

namespace hillock::client {

// What every channel of this client is made with: answers of any size, no proxy of the environment,
// a connection of its own.
grpc::ChannelArguments DefaultArguments();

// A channel without TLS to "HOST:PORT" or "unix:PATH". Connects when it is first used.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& target,
                                           const grpc::ChannelArguments& arguments);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_CHANNEL_H_
