// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_ENDPOINT_H_
#define HILLOCK_CLIENT_API_ENDPOINT_H_

#include <string>

#include "client/api/metadata.h"
#include "client/api/tls_options.h"

namespace hillock::client {

// A server to call: where it listens, and how it is called there.
struct Endpoint {
  std::string target;  // an address (server/transport/net/address.h)
  TlsOptions tls{};
  std::string token_file{};  // empty: the token is the environment's, if any (client/api/token.h)
  Metadata metadata{};       // of every call
};

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_ENDPOINT_H_
