// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/health_service.h"

#include <fmt/format.h>

namespace hillock::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kInferenceService[] = "inference.GRPCInferenceService";

}  // namespace

ServingStatus HealthService::Moment::StatusOf(const std::string& service) const {
  const bool whole = service.empty() || service == kInferenceService;
  const auto model =
      whole ? absl::StatusOr<lifecycle::ServedModel*>(nullptr) : catalog_->Find(service, "");
  if (absl::IsNotFound(model.status())) return HealthCheckResponse::SERVICE_UNKNOWN;
  return model.ok() && ready_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

HealthService::Moment HealthService::Now() const {
  Moment now;
  now.catalog_ = catalogs_.Snapshot();
  now.ready_ = state_.ready();
  return now;
}

absl::Status HealthService::Check(const HealthCheckRequest& request,
                                  HealthCheckResponse& response) const {
  response.set_status(Now().StatusOf(request.service()));
  if (response.status() != HealthCheckResponse::SERVICE_UNKNOWN) return absl::OkStatus();
  return absl::NotFoundError(fmt::format("unknown service '{}'", Excerpt(request.service())));
}

}  // namespace hillock::rpc
