// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_CREDENTIALS_H_
#define HILLOCK_CLIENT_API_CREDENTIALS_H_

#include <grpcpp/security/credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "client/api/tls_options.h"

namespace hillock::client {

// What a channel is made with for `tls`; without TLS unless it is wanted. Errors name the file: the
// system's own when it cannot be read; INVALID_ARGUMENT when there is no certificate or key in it,
// or when the key is another certificate's.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const TlsOptions& tls);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_CREDENTIALS_H_
