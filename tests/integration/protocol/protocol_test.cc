// SPDX-License-Identifier: Apache-2.0

// The plain methods of the Open Inference Protocol.

#include <gmock/gmock.h>

#include "tests/integration/support/inference.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using Service = inference::GRPCInferenceService::Stub;
using Tensor = inference::ModelMetadataResponse::TensorMetadata;

// Calls a method of the shared server.
template <class Request, class Response>
absl::StatusOr<Response> Call(grpc::Status (Service::*method)(grpc::ClientContext*, const Request&,
                                                              Response*),
                              const Request& request) {
  return testing::Call(ServerProcess::Shared(), method, request);
}

template <class Request>
Request For(const std::string& model, const std::string& version = "") {
  Request request;
  request.set_name(model);
  request.set_version(version);
  return request;
}

auto ModelReady(const std::string& model, const std::string& version = "") {
  return Call(&Service::ModelReady, For<inference::ModelReadyRequest>(model, version));
}

auto ModelMetadata(const std::string& model, const std::string& version = "") {
  return Call(&Service::ModelMetadata, For<inference::ModelMetadataRequest>(model, version));
}

void ExpectTensor(const Tensor& tensor, const std::string& name, const std::string& datatype,
                  const std::vector<int64_t>& shape) {
  EXPECT_EQ(tensor.name(), name);
  EXPECT_EQ(tensor.datatype(), datatype);
  EXPECT_THAT(tensor.shape(), ::testing::ElementsAreArray(shape));
}

TEST(ProtocolTest, ServerIsLiveAndReady) {
  const auto live = Call(&Service::ServerLive, inference::ServerLiveRequest());
  ASSERT_THAT(live, IsOk());
  EXPECT_TRUE(live->live());
  const auto ready = Call(&Service::ServerReady, inference::ServerReadyRequest());
  ASSERT_THAT(ready, IsOk());
  EXPECT_TRUE(ready->ready());
}

TEST(ProtocolTest, ServerMetadata) {
  const auto metadata = Call(&Service::ServerMetadata, inference::ServerMetadataRequest());
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->name(), "hillock");
  EXPECT_THAT(metadata->version(), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(metadata->extensions(), ElementsAre("binary_tensor_data", "model_configuration",
                                                  "model_repository", "statistics"));
}

TEST(ProtocolTest, ModelMetadataOfAClassifier) {
  const auto metadata = ModelMetadata("digits-relu");
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->name(), "digits-relu");
  EXPECT_EQ(metadata->platform(), "hillock_mlp");
  EXPECT_THAT(metadata->versions(), ElementsAre("1"));
  ASSERT_EQ(metadata->inputs_size(), 1);
  ExpectTensor(metadata->inputs(0), "input", "FP32", {-1, 64});
  ASSERT_EQ(metadata->outputs_size(), 2);
  ExpectTensor(metadata->outputs(0), "probabilities", "FP32", {-1, 10});
  ExpectTensor(metadata->outputs(1), "label", "BYTES", {-1});
}

TEST(ProtocolTest, ModelMetadataOfAFunction) {
  const auto metadata = ModelMetadata("curve-sin", "1");
  ASSERT_THAT(metadata, IsOk());
  ASSERT_EQ(metadata->outputs_size(), 1);
  EXPECT_THAT(metadata->outputs(0).shape(), ElementsAre(-1, 1));
}

TEST(ProtocolTest, ModelMetadataOfNobody) {
  EXPECT_THAT(ModelMetadata("nobody"), StatusIs(Code::kNotFound, HasSubstr("'nobody'")));
  EXPECT_THAT(ModelMetadata("iris", "2"), StatusIs(Code::kNotFound, HasSubstr("version 2")));
  EXPECT_THAT(ModelMetadata("iris", "one"),
              StatusIs(Code::kInvalidArgument, HasSubstr("version 'one'")));
}

TEST(ProtocolTest, ModelReady) {
  const auto ready = [](const std::string& model, const std::string& version) {
    const auto response = ModelReady(model, version);
    EXPECT_THAT(response, IsOk());
    return response.ok() && response->ready();
  };
  EXPECT_TRUE(ready("iris", ""));
  EXPECT_TRUE(ready("iris", "1"));
  EXPECT_FALSE(ready("iris", "2"));
  EXPECT_FALSE(ready("nobody", ""));
  EXPECT_THAT(ModelReady("iris", "one"),
              StatusIs(Code::kInvalidArgument, HasSubstr("version 'one'")));
}

TEST(ProtocolTest, RepositoryIndex) {
  inference::RepositoryIndexRequest request;
  const auto index = Call(&Service::RepositoryIndex, request);
  ASSERT_THAT(index, IsOk());
  EXPECT_EQ(index->models_size(), ServerProcess::Shared().served());
  for (const auto& model : index->models()) {
    EXPECT_EQ(model.state(), "READY") << model.name() << ": " << model.reason();
  }
  request.set_repository_name("another");
  EXPECT_THAT(Call(&Service::RepositoryIndex, request),
              StatusIs(Code::kNotFound, HasSubstr("'another'")));
}

}  // namespace
}  // namespace hillock::testing
