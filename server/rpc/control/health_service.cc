// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/health_service.h"

#include <fmt/format.h>

namespace hillock::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kInferenceService[] = "inference.GRPCInferenceService";
constexpr char kHealthService[] = "grpc.health.v1.Health";

ServingStatus ServingIf(bool serving) {
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

}  // namespace

ServingStatus HealthService::Moment::StatusOf(const std::string& service) const {
  if (service == kHealthService) return HealthCheckResponse::SERVING;
  if (service.empty() || service == kInferenceService) return ServingIf(ready_);
  const auto model = catalog_->Find(service, "");
  if (absl::IsNotFound(model.status())) return HealthCheckResponse::SERVICE_UNKNOWN;
  return ServingIf(model.ok() && !draining_);
}

HealthService::Moment HealthService::Now() const {
  Moment now;
  now.catalog_ = catalogs_.Snapshot();
  now.ready_ = readiness_.Check(*now.catalog_).ok();
  now.draining_ = readiness_.draining();
  return now;
}

absl::Status HealthService::Check(const HealthCheckRequest& request,
                                  HealthCheckResponse& response) const {
  response.set_status(Now().StatusOf(request.service()));
  if (response.status() != HealthCheckResponse::SERVICE_UNKNOWN) return absl::OkStatus();
  return absl::NotFoundError(fmt::format("unknown service '{}'", Excerpt(request.service())));
}

}  // namespace hillock::rpc
