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
  // With the scheme, for hosts that are called as another scheme of gRPC's is.
  const bool ipv6 = address.name.find(':') != std::string::npos;
  const std::string host = ipv6 ? fmt::format("[{}]", address.name) : address.name;
  return fmt::format("dns:///{}:{}", Encoded(host), address.port);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& target,
                                                           const TlsOptions& tls,
                                                           grpc::ChannelArguments arguments) {
  HILLOCK_ASSIGN_OR_RETURN(const Address address, transport::ParseAddress(target, {}));
  HILLOCK_ASSIGN_OR_RETURN(const auto credentials, MakeCredentials(tls));
  if (!tls.server_name.empty()) arguments.SetSslTargetNameOverride(tls.server_name);
  return grpc::CreateCustomChannel(GrpcTarget(address), credentials, arguments);
}

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& target,
                                           const grpc::ChannelArguments& arguments) {
  const auto channel = OpenChannel(target, TlsOptions(), arguments);
  HILLOCK_CHECK(channel.ok());
  return *channel;
}

}  // namespace hillock::client
