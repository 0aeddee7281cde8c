// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_HEALTH_SERVICE_H_
#define HILLOCK_SERVER_RPC_CONTROL_HEALTH_SERVICE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "proto/health.pb.h"
#include "server/core/base/status.h"
#include "server/lifecycle/catalog_holder.h"
#include "server/lifecycle/readiness.h"

namespace hillock::rpc {

using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

// grpc.health.v1. Watch is HealthWatchers'. Thread-safe.
//
//   "", inference.GRPCInferenceService   SERVING while the server is ready
//   the name of a model                  SERVING while it serves and the server is not draining
//   grpc.health.v1.Health                SERVING always: the process answers. For liveness probes
class HealthService {
 public:
  // Both must outlive the service.
  HealthService(const lifecycle::CatalogHolder& catalogs, const lifecycle::Readiness& readiness)
      : catalogs_(catalogs), readiness_(readiness) {}

  // NOT_FOUND for a service that is neither the server nor a model.
  absl::Status Check(const grpc::health::v1::HealthCheckRequest& request,
                     grpc::health::v1::HealthCheckResponse& response) const;

  // Every service's status at one moment.
  class Moment {
   public:
    // SERVICE_UNKNOWN for what Check() does not find.
    ServingStatus StatusOf(const std::string& service) const;

   private:
    friend class HealthService;
    std::shared_ptr<const lifecycle::Catalog> catalog_;
    bool ready_ = false;
    bool draining_ = false;
  };
  Moment Now() const;

  // While it stays the same, so does every status.
  struct Version {
    uint64_t catalog = 0;
    lifecycle::Readiness::Phase phase{};
    bool operator==(const Version&) const = default;
  };
  Version version() const { return {catalogs_.generation(), readiness_.phase()}; }

 private:
  const lifecycle::CatalogHolder& catalogs_;
  const lifecycle::Readiness& readiness_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_HEALTH_SERVICE_H_
