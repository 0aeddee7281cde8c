// SPDX-License-Identifier: Apache-2.0
#include "client/api/channel.h"

#include <fmt/format.h>
#include <grpcpp/create_channel.h>

#include <string_view>

#include "client/api/credentials.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using transport::Address;

bool IsUnreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Percent-encoded (RFC 3986), slashes too: a target is a URI, and two slashes mean a host in it.
std::string Encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

grpc::ChannelArguments DefaultArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

std::string GrpcTarget(const Address& address) {
  switch (address.kind) {
    case Address::Kind::kUnix:
      return "unix:" + Encoded(address.name);
    case Address::Kind::kAbstract:
      return "unix-abstract:" + Encoded(address.name);
    case Address::Kind::kTcp:
      break;
  }
  // With the scheme, as a host may be named like another scheme of gRPC's.
  const bool ipv6 = address.name.find(':') != std::string::npos;
  const std::string host = ipv6 ? fmt::format("[{}]", address.name) : address.name;
  return fmt::format("dns:///{}:{}", Encoded(host), address.port);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const Endpoint& endpoint,
                                                           grpc::ChannelArguments arguments) {
  HILLOCK_ASSIGN_OR_RETURN(const Address address, transport::ParseAddress(endpoint.target, {}));
  HILLOCK_ASSIGN_OR_RETURN(const auto credentials, MakeCredentials(endpoint.tls));
  const std::string& name = endpoint.tls.server_name;
  if (!name.empty()) arguments.SetSslTargetNameOverride(name);
  return grpc::CreateCustomChannel(GrpcTarget(address), credentials, arguments);
}

}  // namespace hillock::client
