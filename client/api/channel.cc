// SPDX-License-Identifier: Apache-2.0
#include "client/api/channel.h"

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/client_interceptor.h>

#include <string_view>
#include <utility>
#include <vector>

#include "client/api/credentials.h"
#include "client/api/token.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using transport::Address;
namespace interception = grpc::experimental;

// Adds metadata to one call. gRPC's own call credentials would not do for a token: it refuses them
// on a channel without TLS, such as one to a unix socket or within a mesh.
class MetadataAdder final : public interception::Interceptor {
 public:
  explicit MetadataAdder(const Metadata& metadata) : metadata_(metadata) {}

  void Intercept(interception::InterceptorBatchMethods* methods) override {
    using Hook = interception::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Hook::PRE_SEND_INITIAL_METADATA)) {
      for (const auto& field : metadata_) methods->GetSendInitialMetadata()->insert(field);
    }
    methods->Proceed();
  }

 private:
  const Metadata& metadata_;
};

// Belongs to a channel, and outlives its calls.
class MetadataAdderFactory final : public interception::ClientInterceptorFactoryInterface {
 public:
  explicit MetadataAdderFactory(Metadata metadata) : metadata_(std::move(metadata)) {}

  interception::Interceptor* CreateClientInterceptor(interception::ClientRpcInfo*) override {
    return new MetadataAdder(metadata_);
  }

 private:
  const Metadata metadata_;
};

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
  HILLOCK_ASSIGN_OR_RETURN(Metadata metadata, MetadataOf(endpoint));
  std::vector<std::unique_ptr<interception::ClientInterceptorFactoryInterface>> factories;
  if (!metadata.empty()) {
    factories.push_back(std::make_unique<MetadataAdderFactory>(std::move(metadata)));
  }
  return interception::CreateCustomChannelWithInterceptors(GrpcTarget(address), credentials,
                                                           arguments, std::move(factories));
}

}  // namespace hillock::client
