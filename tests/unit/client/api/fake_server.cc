// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/client/api/fake_server.h"

#include <fmt/format.h>
#include <grpcpp/server_builder.h>

#include <cstdint>
#include <cstring>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;

const std::string kVersion = "3";

grpc::Status NotFound(const std::string& model) {
  return {grpc::StatusCode::NOT_FOUND, fmt::format("model '{}' is not in the repository", model)};
}

void AddTensor(auto* tensor, const char* name, const char* type, std::vector<int64_t> shape) {
  tensor->set_name(name);
  tensor->set_datatype(type);
  tensor->mutable_shape()->Assign(shape.begin(), shape.end());
}

template <typename T>
void Append(const T& value, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendLabel(std::string_view text, std::string& bytes) {
  Append(static_cast<uint32_t>(text.size()), bytes);
  bytes.append(text);
}

std::vector<float> Values(const ModelInferRequest& request) {
  const std::string& raw = request.raw_input_contents(0);
  std::vector<float> values(raw.size() / sizeof(float));
  std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

void AnswerSign(const ModelInferRequest& request, ModelInferResponse& response) {
  const int64_t rows = request.inputs(0).shape(0);
  AddTensor(response.add_outputs(), "p", "FP32", {rows, 2});
  AddTensor(response.add_outputs(), "label", "BYTES", {rows});
  response.add_raw_output_contents(request.raw_input_contents(0));
  std::string& labels = *response.add_raw_output_contents();
  const std::vector<float> x = Values(request);
  for (size_t i = 0; i < x.size(); i += 2) {
    AppendLabel(x[i] > x[i + 1] ? "left" : "right", labels);
  }
}

void AnswerSum(const ModelInferRequest& request, ModelInferResponse& response) {
  AddTensor(response.add_outputs(), "y", "FP32", {request.inputs(0).shape(0), 1});
  std::string& sums = *response.add_raw_output_contents();
  const std::vector<float> x = Values(request);
  for (size_t i = 0; i < x.size(); i += 2) Append(x[i] + x[i + 1], sums);
}

// The two heads of "both", with labels for one of them.
void AnswerBoth(const ModelInferRequest& request, ModelInferResponse& response) {
  AnswerSum(request, response);
  ModelInferResponse sign;
  AnswerSign(request, sign);
  for (int i = 0; i < sign.outputs_size(); ++i) {
    *response.add_outputs() = sign.outputs(i);
    response.add_raw_output_contents(sign.raw_output_contents(i));
  }
  response.mutable_outputs(2)->set_name("p_label");
}

bool IsKnown(const std::string& model) {
  return model == "sign" || model == "sum" || model == "both";
}

void AddIndex(inference::RepositoryIndexResponse* response, const char* name, const char* state,
              const char* reason) {
  auto* const model = response->add_models();
  model->set_name(name);
  model->set_version(kVersion);
  model->set_state(state);
  model->set_reason(reason);
}

}  // namespace

FakeServer::FakeServer(int port, const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(fmt::format("127.0.0.1:{}", port), credentials, &port_);
  builder.RegisterService(&inference_);
  builder.RegisterService(&health_);
  server_ = builder.BuildAndStart();
  HILLOCK_CHECK(server_ != nullptr && port_ > 0);
  address_ = fmt::format("127.0.0.1:{}", port_);
}

FakeServer::~FakeServer() { server_->Shutdown(); }

grpc::Status FakeServer::Inference::ServerLive(grpc::ServerContext*,
                                               const inference::ServerLiveRequest*,
                                               inference::ServerLiveResponse* response) {
  response->set_live(true);
  return grpc::Status::OK;
}

grpc::Status FakeServer::Inference::ServerReady(grpc::ServerContext*,
                                                const inference::ServerReadyRequest*,
                                                inference::ServerReadyResponse* response) {
  response->set_ready(true);
  return grpc::Status::OK;
}

grpc::Status FakeServer::Inference::ModelMetadata(grpc::ServerContext*,
                                                  const inference::ModelMetadataRequest* request,
                                                  inference::ModelMetadataResponse* response) {
  const std::string& model = request->name();
  if (!IsKnown(model)) return NotFound(model);
  response->set_name(model);
  *response->add_versions() = kVersion;
  AddTensor(response->add_inputs(), "x", "FP32", {-1, 2});
  if (model != "sign") AddTensor(response->add_outputs(), "y", "FP32", {-1, 1});
  if (model == "sum") return grpc::Status::OK;
  AddTensor(response->add_outputs(), "p", "FP32", {-1, 2});
  AddTensor(response->add_outputs(), model == "sign" ? "label" : "p_label", "BYTES", {-1});
  return grpc::Status::OK;
}

grpc::Status FakeServer::Inference::ModelConfig(grpc::ServerContext*,
                                                const inference::ModelConfigRequest* request,
                                                inference::ModelConfigResponse* response) {
  if (!IsKnown(request->name())) return NotFound(request->name());
  auto& parameters = *response->mutable_config()->mutable_parameters();
  if (request->name() == "sum") return grpc::Status::OK;
  const std::string prefix = request->name() == "both" ? "p." : "";
  parameters[prefix + "class.0"].set_string_value("left");
  parameters[prefix + "class.1"].set_string_value("right");
  return grpc::Status::OK;
}

grpc::Status FakeServer::Inference::ModelInfer(grpc::ServerContext*,
                                               const ModelInferRequest* request,
                                               ModelInferResponse* response) {
  requests.push_back(*request);
  if (request->model_name() == "sign") {
    AnswerSign(*request, *response);
  } else if (request->model_name() == "sum") {
    AnswerSum(*request, *response);
  } else if (request->model_name() == "both") {
    AnswerBoth(*request, *response);
  } else {
    return NotFound(request->model_name());
  }
  response->set_model_name(request->model_name());
  response->set_model_version(kVersion);
  return tamper ? tamper(*response) : grpc::Status::OK;
}

grpc::Status FakeServer::Inference::RepositoryIndex(grpc::ServerContext*,
                                                    const inference::RepositoryIndexRequest*,
                                                    inference::RepositoryIndexResponse* response) {
  AddIndex(response, "broken", "UNAVAILABLE", "checksum is off");
  AddIndex(response, "sign", "READY", "");
  return grpc::Status::OK;
}

grpc::Status FakeServer::Inference::RepositoryModelLoad(
    grpc::ServerContext*, const inference::RepositoryModelLoadRequest* request,
    inference::RepositoryModelLoadResponse*) {
  return Take("load", request->model_name());
}

grpc::Status FakeServer::Inference::RepositoryModelUnload(
    grpc::ServerContext*, const inference::RepositoryModelUnloadRequest* request,
    inference::RepositoryModelUnloadResponse*) {
  return Take("unload", request->model_name());
}

grpc::Status FakeServer::Inference::Take(const std::string& order, const std::string& model) {
  orders.push_back(order + " " + model);
  return IsKnown(model) ? grpc::Status::OK : NotFound(model);
}

grpc::Status FakeServer::Health::Check(grpc::ServerContext*,
                                       const grpc::health::v1::HealthCheckRequest* request,
                                       grpc::health::v1::HealthCheckResponse* response) {
  if (!request->service().empty() && request->service() != "sign") {
    return NotFound(request->service());
  }
  response->set_status(status);
  return grpc::Status::OK;
}

}  // namespace hillock::client
