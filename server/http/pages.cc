// SPDX-License-Identifier: Apache-2.0
#include "server/http/pages.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "server/core/base/status.h"
#include "server/http/accept.h"
#include "server/http/live_page.h"
#include "server/http/state_json.h"
#include "server/metrics/text_format.h"

namespace hillock::http {
namespace {

constexpr char kPrometheusText[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kOpenMetrics[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";

Response Metrics(const metrics::Registry& registry, const Request& request) {
  const auto families = registry.Collect();
  const double open = Quality(request.accept, "application/openmetrics-text");
  if (open > 0 && open >= Quality(request.accept, "text/plain")) {
    return {.content_type = kOpenMetrics,
            .body = metrics::ToText(metrics::TextFormat::kOpenMetrics, families,
                                    registry.CollectExemplars())};
  }
  return {.content_type = kPrometheusText,
          .body = metrics::ToText(metrics::TextFormat::kPrometheus, families)};
}

Response State(const lifecycle::CatalogHolder& catalogs, bool ready) {
  return {.content_type = "application/json", .body = StateJson(*catalogs.Snapshot(), ready)};
}

Response Ready(bool ready) {
  return ready ? Response{.body = "ready\n"} : Response{.status = 503, .body = "not ready\n"};
}

Response NoSuchPage(const Request& request) {
  if (request.path == "/v2" || request.path.starts_with("/v2/")) {
    return {.status = 404,
            .content_type = "application/json",
            .body = R"({"error":"REST is not served here: see --rest of the server"})"};
  }
  return {.status = 404,
          .body = fmt::format("got {}, want /, /metrics, /state.json, /health/live or "
                              "/health/ready\n",
                              Excerpt(request.path))};
}

}  // namespace

Handler Pages(const metrics::Registry& registry, const lifecycle::CatalogHolder& catalogs,
              std::function<bool()> ready) {
  return [&registry, &catalogs, ready = std::move(ready)](const Request& request) -> Response {
    if (request.path == "/") {
      return {.content_type = "text/html; charset=utf-8", .body = std::string(kLivePage)};
    }
    if (request.path == "/metrics") return Metrics(registry, request);
    if (request.path == "/state.json") return State(catalogs, ready());
    if (request.path == "/health/live") return {.body = "live\n"};
    if (request.path == "/health/ready") return Ready(ready());
    return NoSuchPage(request);
  };
}

}  // namespace hillock::http
