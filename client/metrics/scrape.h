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

// Reads http://`address`/metrics. Errors: as of HttpGet; INVALID_ARGUMENT naming the address and
// the line that is no metric.
absl::StatusOr<Reading> Scrape(const std::string& address, std::chrono::milliseconds deadline);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_METRICS_SCRAPE_H_
