// SPDX-License-Identifier: Apache-2.0
#include "client/load/dialer.h"

#include "client/api/token.h"
#include "server/core/base/status.h"
#include "server/transport/net/connect.h"

namespace hillock::client {

absl::StatusOr<Dialer> Dialer::To(const Endpoint& endpoint) {
  const TlsOptions& tls = endpoint.tls;
  HILLOCK_ASSIGN_OR_RETURN(transport::Address address,
                           transport::ParseAddress(endpoint.target, {}));
  Dialer dialer(std::move(address), tls.server_name);
  HILLOCK_ASSIGN_OR_RETURN(dialer.addresses_, transport::Resolve(dialer.target_));
  HILLOCK_ASSIGN_OR_RETURN(dialer.metadata_, MetadataOf(endpoint));
  if (!tls.wanted()) return dialer;
  HILLOCK_ASSIGN_OR_RETURN(dialer.tls_,
                           transport::TlsContext::ForClient({tls.cert, tls.key, tls.ca}));
  return dialer;
}

absl::StatusOr<std::unique_ptr<transport::ByteStream>> Dialer::Dial(size_t address) const {
  const transport::SocketAddress& to = addresses_[address];
  HILLOCK_ASSIGN_OR_RETURN(Descriptor socket, transport::StartConnecting(to.get(), to.size));
  if (tls_ == nullptr) return std::make_unique<transport::SocketStream>(std::move(socket));
  return tls_->Connect(std::move(socket), server_name_.empty() ? target_.name : server_name_);
}

std::string Dialer::Authority() const {
  if (!server_name_.empty()) return server_name_;
  return target_.kind == transport::Address::Kind::kTcp ? target_.ToString() : "localhost";
}

}  // namespace hillock::client
