#include "server/rpc/health_service.h"

#include <fmt/format.h>

#include <optional>

#include "server/rpc/status.h"

namespace hillock::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kInferenceService[] = "inference.GRPCInferenceService";

// How soon a watcher that hung up, or a model's change, is noticed.
constexpr absl::Duration kWatchPeriod = absl::Milliseconds(200);

}  // namespace

HealthCheckResponse::ServingStatus HealthService::StatusOf(const std::string& service) const {
  const bool whole = service.empty() || service == kInferenceService;
  const auto model = whole ? absl::StatusOr<serving::ServedModel*>(nullptr)
                           : catalogs_.Snapshot()->Find(service, "");
  if (absl::IsNotFound(model.status())) return HealthCheckResponse::SERVICE_UNKNOWN;
  return model.ok() && state_.ready() ? HealthCheckResponse::SERVING
                                      : HealthCheckResponse::NOT_SERVING;
}

grpc::Status HealthService::Check(grpc::ServerContext*, const HealthCheckRequest* request,
                                  HealthCheckResponse* response) {
  response->set_status(StatusOf(request->service()));
  if (response->status() != HealthCheckResponse::SERVICE_UNKNOWN) return grpc::Status::OK;
  return ToGrpc(absl::NotFoundError(fmt::format("unknown service '{}'", request->service())));
}

grpc::Status HealthService::Watch(grpc::ServerContext* context, const HealthCheckRequest* request,
                                  grpc::ServerWriter<HealthCheckResponse>* writer) {
  const struct Watcher {
    explicit Watcher(std::atomic<int>& all) : count(all), rank(++all) {}
    ~Watcher() { --count; }
    std::atomic<int>& count;
    const int rank;
  } watcher(watchers_);
  if (watcher.rank > kMaxWatchers) {
    return ToGrpc(absl::ResourceExhaustedError(
        fmt::format("{} watchers already, want at most {}", watcher.rank - 1, kMaxWatchers)));
  }
  std::optional<HealthCheckResponse::ServingStatus> told;
  while (!context->IsCancelled()) {
    const bool ready = state_.ready();
    HealthCheckResponse response;
    response.set_status(StatusOf(request->service()));
    if (told != response.status() && !writer->Write(response)) break;
    // Once a server that was ready is not, it is shutting down, and open streams would delay it.
    if (told && !ready) break;
    told = response.status();
    state_.WaitForChange(ready, kWatchPeriod);
  }
  return grpc::Status::OK;
}

}  // namespace hillock::rpc
