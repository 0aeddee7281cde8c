#ifndef HILLOCK_SERVER_RPC_HEALTH_SERVICE_H_
#define HILLOCK_SERVER_RPC_HEALTH_SERVICE_H_

#include <atomic>
#include <string>

#include "proto/health.grpc.pb.h"
#include "server/rpc/server_state.h"
#include "server/serving/catalog_holder.h"

namespace hillock::rpc {

// grpc.health.v1 for the server ("" and "inference.GRPCInferenceService") and for every model by
// name. gRPC's own health service is not used: it brings the callback API's threads, which sleep on
// the completion queues. Thread-safe.
class HealthService final : public grpc::health::v1::Health::Service {
 public:
  // Callers of Watch at a time; each holds a thread.
  static constexpr int kMaxWatchers = 32;

  // Both must outlive the service.
  HealthService(const serving::CatalogHolder& catalogs, const ServerState& state)
      : catalogs_(catalogs), state_(state) {}

  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;

  // RESOURCE_EXHAUSTED for a watcher beyond kMaxWatchers. Ends when the server stops being ready.
  grpc::Status Watch(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>* writer) override;

 private:
  grpc::health::v1::HealthCheckResponse::ServingStatus StatusOf(const std::string& service) const;

  const serving::CatalogHolder& catalogs_;
  const ServerState& state_;
  std::atomic<int> watchers_{0};
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_HEALTH_SERVICE_H_
