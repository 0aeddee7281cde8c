// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/scrape.h"

#include <fmt/format.h>

#include <utility>

#include "client/metrics/http.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr char kPath[] = "/metrics";

}  // namespace

absl::StatusOr<Reading> Scrape(const std::string& address, std::chrono::milliseconds deadline) {
  HILLOCK_ASSIGN_OR_RETURN(const auto where, transport::ParseAddress(address, {}));
  HILLOCK_ASSIGN_OR_RETURN(std::string text, HttpGet(where, kPath, deadline));
  absl::StatusOr<Metrics> metrics = ParseMetrics(text);
  if (!metrics.ok()) return Annotate(metrics.status(), fmt::format("http://{}{}", address, kPath));
  return Reading{std::move(text), *std::move(metrics)};
}

}  // namespace hillock::client
