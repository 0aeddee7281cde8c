// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/control_services.h"

#include <utility>

namespace hillock::rpc {

ControlServices::ControlServices(const lifecycle::CatalogHolder& catalogs,
                                 lifecycle::ModelControl& control,
                                 const lifecycle::Readiness& readiness, std::string version)
    : inference(catalogs, control, readiness, std::move(version)),
      health(catalogs, readiness),
      reflection({inference::ModelInferRequest::descriptor()->file(),
                  grpc::health::v1::HealthCheckRequest::descriptor()->file()}) {}

void ControlServices::Stop() {
  describe.Stop();
  orders.Stop();
}

}  // namespace hillock::rpc
