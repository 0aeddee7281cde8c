// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_METRICS_HTTP_H_
#define HILLOCK_CLIENT_METRICS_HTTP_H_

#include <chrono>
#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "server/transport/net/address.h"

namespace hillock::client {

// The body that plain HTTP/1.1 at `address` answers a GET of `path` with. Proxies in the
// environment and redirects are not followed. Looking up the host's name, connecting, and waiting
// for the answer take at most `deadline` each. Errors: UNAVAILABLE when it cannot be reached or
// does not speak HTTP, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED for a body over `max_bytes`, INTERNAL
// for a status other than 200; each names address and path.
absl::StatusOr<std::string> HttpGet(const transport::Address& address, const std::string& path,
                                    std::chrono::milliseconds deadline,
                                    size_t max_bytes = size_t{64} << 20);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_METRICS_HTTP_H_
