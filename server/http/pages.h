// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_HTTP_PAGES_H_
#define HILLOCK_SERVER_HTTP_PAGES_H_

#include <functional>

#include "server/http/message.h"
#include "server/lifecycle/catalog_holder.h"
#include "server/metrics/registry.h"

namespace hillock::http {

// The pages of the HTTP port:
//
//     /               the live page, which reads the next two
//     /metrics        Prometheus's text format, or OpenMetrics for who asks for it
//     /state.json     see state_json.h
//     /health/live    200 as long as the process answers
//     /health/ready   200, or 503 while ready() is false
//     /v2             404: it is served elsewhere, or switched off
//
// `registry` and `catalogs` must outlive the handler.
Handler Pages(const metrics::Registry& registry, const lifecycle::CatalogHolder& catalogs,
              std::function<bool()> ready);

}  // namespace hillock::http

#endif  // HILLOCK_SERVER_HTTP_PAGES_H_
