// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_API_METADATA_H_
#define HILLOCK_CLIENT_API_METADATA_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace hillock::client {

// Names and values that calls carry besides their message. Names are in lower case.
using Metadata = std::vector<std::pair<std::string, std::string>>;

inline constexpr size_t kMaxMetadata = 16;  // of one call, the token included

// "NAME=VALUE", or "NAME: VALUE" as other clients write it. Errors: INVALID_ARGUMENT where the name
// is none of gRPC's, is one that gRPC sets itself, or has binary values; and where the value is not
// printable ASCII.
absl::StatusOr<Metadata::value_type> ParseMetadata(std::string_view text);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_API_METADATA_H_
