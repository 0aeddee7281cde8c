#ifndef HILLOCK_SERVER_RPC_INFERENCE_SERVICE_H_
#define HILLOCK_SERVER_RPC_INFERENCE_SERVICE_H_

#include <string>

#include "server/rpc/server_state.h"
#include "server/rpc/stream_call.h"
#include "server/serving/catalog_holder.h"
#include "server/serving/model_control.h"

namespace hillock::rpc {

// The plain methods of inference.GRPCInferenceService; ModelInfer is InferCalls', ModelStreamInfer
// StreamCalls'. Thread-safe.
class InferenceService final : public AsyncInfer {
 public:
  // All must outlive the service.
  InferenceService(const serving::CatalogHolder& catalogs, serving::ModelControl& control,
                   const ServerState& state, std::string version)
      : catalogs_(catalogs), control_(control), state_(state), version_(std::move(version)) {}

  grpc::Status ServerLive(grpc::ServerContext* context, const inference::ServerLiveRequest* request,
                          inference::ServerLiveResponse* response) override;
  grpc::Status ServerReady(grpc::ServerContext* context,
                           const inference::ServerReadyRequest* request,
                           inference::ServerReadyResponse* response) override;
  grpc::Status ModelReady(grpc::ServerContext* context, const inference::ModelReadyRequest* request,
                          inference::ModelReadyResponse* response) override;
  grpc::Status ServerMetadata(grpc::ServerContext* context,
                              const inference::ServerMetadataRequest* request,
                              inference::ServerMetadataResponse* response) override;
  grpc::Status ModelMetadata(grpc::ServerContext* context,
                             const inference::ModelMetadataRequest* request,
                             inference::ModelMetadataResponse* response) override;
  grpc::Status ModelConfig(grpc::ServerContext* context,
                           const inference::ModelConfigRequest* request,
                           inference::ModelConfigResponse* response) override;
  grpc::Status ModelStatistics(grpc::ServerContext* context,
                               const inference::ModelStatisticsRequest* request,
                               inference::ModelStatisticsResponse* response) override;
  grpc::Status RepositoryIndex(grpc::ServerContext* context,
                               const inference::RepositoryIndexRequest* request,
                               inference::RepositoryIndexResponse* response) override;
  grpc::Status RepositoryModelLoad(grpc::ServerContext* context,
                                   const inference::RepositoryModelLoadRequest* request,
                                   inference::RepositoryModelLoadResponse* response) override;
  grpc::Status RepositoryModelUnload(grpc::ServerContext* context,
                                     const inference::RepositoryModelUnloadRequest* request,
                                     inference::RepositoryModelUnloadResponse* response) override;

 private:
  const serving::CatalogHolder& catalogs_;
  serving::ModelControl& control_;
  const ServerState& state_;
  const std::string version_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_INFERENCE_SERVICE_H_
