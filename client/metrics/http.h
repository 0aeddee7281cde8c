// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_METRICS_HTTP_H_
#define HILLOCK_CLIENT_METRICS_HTTP_H_

#include <chrono>
#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace hillock::client {

// The body that http://... at `url` answers a GET with. Proxies in the environment and redirects
// are not followed. Errors: UNAVAILABLE when it cannot be reached, DEADLINE_EXCEEDED,
// RESOURCE_EXHAUSTED for a body over `max_bytes`, INTERNAL for a status other than 200; each names
// `url`.
absl::StatusOr<std::string> HttpGet(const std::string& url, std::chrono::milliseconds deadline,
                                    size_t max_bytes = size_t{64} << 20);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_METRICS_HTTP_H_
