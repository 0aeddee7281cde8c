// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_LOAD_DIALER_H_
#define HILLOCK_CLIENT_LOAD_DIALER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/api/endpoint.h"
#include "server/transport/net/address.h"
#include "server/transport/net/byte_stream.h"
#include "server/transport/net/tls.h"

namespace hillock::client {

// Opens connections to one endpoint. Immutable and thread-safe.
class Dialer {
 public:
  // Resolves the target's host. Errors: as of transport::ParseAddress(), transport::Resolve(),
  // transport::TlsContext::ForClient() and MetadataOf().
  static absl::StatusOr<Dialer> To(const Endpoint& endpoint);

  // How many addresses the target has, in the order of preference. At least 1.
  size_t count() const { return addresses_.size(); }

  // A stream to one of them, which may still be connecting.
  // Errors: UNAVAILABLE with the system's words.
  absl::StatusOr<std::unique_ptr<transport::ByteStream>> Dial(size_t address) const;

  // For the headers :scheme and :authority.
  const char* scheme() const { return tls_ == nullptr ? "http" : "https"; }
  std::string Authority() const;

  // Headers of every call.
  const Metadata& metadata() const { return metadata_; }

 private:
  Dialer(transport::Address target, std::string server_name)
      : target_(std::move(target)), server_name_(std::move(server_name)) {}

  transport::Address target_;
  std::string server_name_;  // that was asked for; else empty
  Metadata metadata_;
  std::vector<transport::SocketAddress> addresses_;
  std::shared_ptr<const transport::TlsContext> tls_;  // null: none
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_LOAD_DIALER_H_
