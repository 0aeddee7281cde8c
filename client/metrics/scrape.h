// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_METRICS_SCRAPE_H_
#define HILLOCK_CLIENT_METRICS_SCRAPE_H_

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "client/metrics/metrics_text.h"

namespace hillock::client {

// One reading of a server's metrics, as text and parsed.
struct Reading {
  std::string text;
  Metrics metrics;
};

// Reads /metrics at `address` (server/transport/net/address.h). Errors: as of HttpGet;
// INVALID_ARGUMENT for what is no address, or naming the address and the line that is no metric.
absl::StatusOr<Reading> Scrape(const std::string& address, std::chrono::milliseconds deadline);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_METRICS_SCRAPE_H_
