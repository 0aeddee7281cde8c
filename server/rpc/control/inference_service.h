// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_RPC_CONTROL_INFERENCE_SERVICE_H_
#define HILLOCK_SERVER_RPC_CONTROL_INFERENCE_SERVICE_H_

#include <string>
#include <utility>

#include "proto/inference.pb.h"
#include "server/core/base/status.h"
#include "server/lifecycle/catalog_holder.h"
#include "server/lifecycle/model_control.h"
#include "server/lifecycle/readiness.h"

namespace hillock::rpc {

// The methods of inference.GRPCInferenceService but ModelInfer and ModelStreamInfer. They answer as
// proto/inference.proto says. Thread-safe.
class InferenceService {
 public:
  // All must outlive the service.
  InferenceService(const lifecycle::CatalogHolder& catalogs, lifecycle::ModelControl& control,
                   const lifecycle::Readiness& readiness, std::string version)
      : catalogs_(catalogs),
        control_(control),
        readiness_(readiness),
        version_(std::move(version)) {}

  // Quick: they look up one model at most.
  absl::Status ServerLive(const inference::ServerLiveRequest& request,
                          inference::ServerLiveResponse& response) const;
  absl::Status ServerReady(const inference::ServerReadyRequest& request,
                           inference::ServerReadyResponse& response) const;
  absl::Status ModelReady(const inference::ModelReadyRequest& request,
                          inference::ModelReadyResponse& response) const;
  absl::Status ServerMetadata(const inference::ServerMetadataRequest& request,
                              inference::ServerMetadataResponse& response) const;

  // They take time, and build messages, in proportion to what they describe.
  absl::Status ModelMetadata(const inference::ModelMetadataRequest& request,
                             inference::ModelMetadataResponse& response) const;
  absl::Status ModelConfig(const inference::ModelConfigRequest& request,
                           inference::ModelConfigResponse& response) const;
  absl::Status ModelStatistics(const inference::ModelStatisticsRequest& request,
                               inference::ModelStatisticsResponse& response) const;

  // When callers decide what is loaded, these wait for ModelControl.
  absl::Status RepositoryIndex(const inference::RepositoryIndexRequest& request,
                               inference::RepositoryIndexResponse& response) const;
  absl::Status RepositoryModelLoad(const inference::RepositoryModelLoadRequest& request,
                                   inference::RepositoryModelLoadResponse& response) const;
  absl::Status RepositoryModelUnload(const inference::RepositoryModelUnloadRequest& request,
                                     inference::RepositoryModelUnloadResponse& response) const;

 private:
  const lifecycle::CatalogHolder& catalogs_;
  lifecycle::ModelControl& control_;
  const lifecycle::Readiness& readiness_;
  const std::string version_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_SERVER_RPC_CONTROL_INFERENCE_SERVICE_H_
