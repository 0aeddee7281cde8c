// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_CLIENT_API_FAKE_SERVER_H_
#define HILLOCK_TESTS_UNIT_CLIENT_API_FAKE_SERVER_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/health.grpc.pb.h"
#include "proto/inference.grpc.pb.h"

namespace hillock::client {

// A real gRPC server on a loopback port with models whose answers are plain to see:
//   both    y of sum, and p and label of sign, which is then called p_label
//   sign    input x of width 2 -> p [rows, 2] = (x0, x1), label [rows] = "left" when x0 > x1 else
//           "right"
//   sum     input x of width 2 -> y [rows, 1] = x0 + x1
// The model "broken" is in the index as UNAVAILABLE. Other names are NOT_FOUND.
// Serves from construction to destruction. Requests come one at a time in these tests: the recorded
// ones may be read between calls.
class FakeServer {
 public:
  // Listens on `port` of the loopback address; 0: any free one.
  explicit FakeServer(int port = 0, const std::shared_ptr<grpc::ServerCredentials>& credentials =
                                        grpc::InsecureServerCredentials());
  ~FakeServer();

  const std::string& address() const { return address_; }
  int port() const { return port_; }
  const std::vector<inference::ModelInferRequest>& requests() const { return inference_.requests; }

  // What was asked of the repository, as "load NAME" and "unload NAME".
  const std::vector<std::string>& orders() const { return inference_.orders; }

  // Called with every response to ModelInfer before it is sent; what it returns is the outcome.
  void set_tamper(std::function<grpc::Status(inference::ModelInferResponse&)> tamper) {
    inference_.tamper = std::move(tamper);
  }
  void set_health(grpc::health::v1::HealthCheckResponse::ServingStatus status) {
    health_.status = status;
  }

 private:
  struct Inference final : inference::GRPCInferenceService::Service {
    grpc::Status ServerLive(grpc::ServerContext*, const inference::ServerLiveRequest*,
                            inference::ServerLiveResponse* response) override;
    grpc::Status ServerReady(grpc::ServerContext*, const inference::ServerReadyRequest*,
                             inference::ServerReadyResponse* response) override;
    grpc::Status ModelMetadata(grpc::ServerContext*, const inference::ModelMetadataRequest* request,
                               inference::ModelMetadataResponse* response) override;
    grpc::Status ModelConfig(grpc::ServerContext*, const inference::ModelConfigRequest* request,
                             inference::ModelConfigResponse* response) override;
    grpc::Status ModelInfer(grpc::ServerContext*, const inference::ModelInferRequest* request,
                            inference::ModelInferResponse* response) override;
    grpc::Status RepositoryIndex(grpc::ServerContext*, const inference::RepositoryIndexRequest*,
                                 inference::RepositoryIndexResponse* response) override;

    grpc::Status RepositoryModelLoad(grpc::ServerContext*,
                                     const inference::RepositoryModelLoadRequest* request,
                                     inference::RepositoryModelLoadResponse*) override;
    grpc::Status RepositoryModelUnload(grpc::ServerContext*,
                                       const inference::RepositoryModelUnloadRequest* request,
                                       inference::RepositoryModelUnloadResponse*) override;

    grpc::Status Take(const std::string& order, const std::string& model);

    std::vector<inference::ModelInferRequest> requests;
    std::vector<std::string> orders;
    std::function<grpc::Status(inference::ModelInferResponse&)> tamper;
  };

  struct Health final : grpc::health::v1::Health::Service {
    grpc::Status Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
                       grpc::health::v1::HealthCheckResponse* response) override;

    grpc::health::v1::HealthCheckResponse::ServingStatus status =
        grpc::health::v1::HealthCheckResponse::SERVING;
  };

  Inference inference_;
  Health health_;
  int port_ = 0;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace hillock::client

#endif  // HILLOCK_TESTS_UNIT_CLIENT_API_FAKE_SERVER_H_
