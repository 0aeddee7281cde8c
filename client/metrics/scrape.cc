// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/scrape.h"

#include <fmt/format.h>

#include <utility>

#include "client/metrics/http.h"
#include "server/core/base/status.h"

namespace hillock::client {

absl::StatusOr<Reading> Scrape(const std::string& address, std::chrono::milliseconds deadline) {
  const std::string url = fmt::format("http://{}/metrics", address);
  HILLOCK_ASSIGN_OR_RETURN(std::string text, HttpGet(url, deadline));
  absl::StatusOr<Metrics> metrics = ParseMetrics(text);
  if (!metrics.ok()) return Annotate(metrics.status(), url);
  return Reading{std::move(text), *std::move(metrics)};
}

}  // namespace hillock::client
