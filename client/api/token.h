// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_TOKEN_H_
#define HILLOCK_CLIENT_API_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/api/endpoint.h"
#include "client/api/metadata.h"

namespace hillock::client {

// The environment's variable for a token, where no file is given. There is none for the command
// line, which everybody on the machine can read.
inline constexpr char kTokenVariable[] = "HILLOCK_TOKEN";

// The metadata `authorization` of every call: "Bearer " and the token in the file, which has
// nothing else but blanks around it, or in the environment if `file` is empty. Empty without a
// token. Errors name the file or the variable, and never the token: the system's own;
// INVALID_ARGUMENT when there is not one word of printable ASCII.
absl::StatusOr<std::string> ReadAuthorization(const std::string& file);

// What every call to the endpoint carries: its own metadata, and the token's unless they have an
// `authorization`. Errors: as above; INVALID_ARGUMENT for more than kMaxMetadata.
absl::StatusOr<Metadata> MetadataOf(const Endpoint& endpoint);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_TOKEN_H_
