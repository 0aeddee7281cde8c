// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/inference_service.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/unit/lifecycle/managed_repository.h"
#include "tests/unit/rpc/served_pets.h"

namespace hillock::rpc {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using Code = absl::StatusCode;

template <class Request>
Request For(const std::string& name, const std::string& version = "") {
  Request request;
  request.set_name(name);
  request.set_version(version);
  return request;
}

// A model as its file may have it: all that metadata can say.
model::Mlp Gnu() {
  model::Mlp mlp = MlpBuilder(9).Add(3, "softmax").Output("p").Build();
  mlp.inputs = {
      {.name = "image", .datatype = model::Datatype::kUint8, .shape = {-1, 2, 3}, .width = 6},
      {.name = "word", .datatype = model::Datatype::kBytes, .shape = {-1}, .width = 1},
      {.name = "state", .shape = {-1, 2}, .width = 2, .required = false}};
  mlp.words = {"x"};
  mlp.outputs[0].column_names = {"a", "b", "c"};
  mlp.outputs[0].datatype = model::Datatype::kFp16;
  mlp.outputs.push_back({.name = "version",
                         .datatype = model::Datatype::kInt64,
                         .is_constant = true,
                         .constant = {3}});
  mlp.left_out = {{"noise", "node 'n' (RandomNormalLike): draws random numbers"}};
  return mlp;
}

// A model of single rows.
model::Mlp Hen() {
  model::Mlp mlp = MlpBuilder(4).Add(2, "tanh").Output("y").Build();
  mlp.inputs = {{.name = "x", .shape = {4}, .width = 4}};
  mlp.outputs[0].shape = {1, -2};
  return mlp;
}

std::string Text(const auto& tensor) {
  std::string text =
      fmt::format("{} {}", tensor.name(), inference::DataType_Name(tensor.data_type()));
  for (const int64_t size : tensor.dims()) text += fmt::format(" {}", size);
  return text + (tensor.has_reshape() ? " reshaped" : "");
}

// With a catalog that nobody changes; control is off.
class InferenceServiceTest : public ::testing::Test {
 protected:
  InferenceServiceTest() {
    pets_.Publish({pets_.Served("cat", 9),
                   pets_.Served("cat", 10),
                   pets_.Served("dog", 1, MlpBuilder(4).Add(3, "softmax").Labels({"a", "b", "c"})),
                   pets_.Served("eel", 1, MlpBuilder(2).Add(5, "sigmoid").Multilabel()),
                   pets_.Served("gnu", 1, Gnu()),
                   pets_.Served("hen", 1, Hen()),
                   {"fox", 0, absl::DataLossError("bad checksum")}});
    readiness_.SetStarted();
  }

  ServedPets pets_;
  lifecycle::ManagedRepository repository_;
  lifecycle::ModelManager manager_ = repository_.Manage();
  lifecycle::ModelControl control_{manager_, [] { return false; }, lifecycle::ControlMode::kNone,
                                   absl::InfiniteDuration(), [](const absl::Status&) {}};
  lifecycle::Readiness readiness_{lifecycle::ReadinessRule::kAll, /*callers_decide=*/false};
  const InferenceService service_{pets_.catalogs(), control_, readiness_, "1.2.3"};
};

TEST_F(InferenceServiceTest, IsAliveAndReadyUntilItDrains) {
  inference::ServerLiveResponse live;
  EXPECT_THAT(service_.ServerLive({}, live), IsOk());
  EXPECT_TRUE(live.live());
  for (const bool ready : {true, false}) {
    if (!ready) readiness_.SetDraining();
    inference::ServerReadyResponse response;
    EXPECT_THAT(service_.ServerReady({}, response), IsOk());
    EXPECT_EQ(response.ready(), ready);
  }
}

TEST_F(InferenceServiceTest, TellsOfItself) {
  inference::ServerMetadataResponse response;
  EXPECT_THAT(service_.ServerMetadata({}, response), IsOk());
  EXPECT_EQ(response.name(), "hillock");
  EXPECT_EQ(response.version(), "1.2.3");
  EXPECT_THAT(response.extensions(), ElementsAre("binary_tensor_data", "model_configuration",
                                                 "model_repository", "statistics"));
}

TEST_F(InferenceServiceTest, KnowsWhichModelsAreReady) {
  struct Row {
    const char* name;
    const char* version;
    bool ready;
  };
  for (const auto& [name, version, ready] :
       {Row{"cat", "", true}, Row{"cat", "9", true}, Row{"cat", "8", false}, Row{"fox", "", false},
        Row{"yak", "", false}, Row{"", "", false}}) {
    inference::ModelReadyResponse response;
    EXPECT_THAT(service_.ModelReady(For<inference::ModelReadyRequest>(name, version), response),
                IsOk());
    EXPECT_EQ(response.ready(), ready) << name << " " << version;
  }
  inference::ModelReadyResponse response;
  EXPECT_THAT(
      service_.ModelReady(For<inference::ModelReadyRequest>("cat", "nine"), response),
      StatusIs(Code::kInvalidArgument, "got model version 'nine', want a positive integer"));
  readiness_.SetDraining();
  EXPECT_THAT(service_.ModelReady(For<inference::ModelReadyRequest>("cat"), response), IsOk());
  EXPECT_FALSE(response.ready()) << "the server is not";
}

TEST_F(InferenceServiceTest, DescribesTensors) {
  using Tensors = std::vector<std::string>;
  const auto tensors = [this](const std::string& model) {
    inference::ModelMetadataResponse response;
    EXPECT_THAT(service_.ModelMetadata(For<inference::ModelMetadataRequest>(model), response),
                IsOk());
    Tensors texts;
    for (const auto* side : {&response.inputs(), &response.outputs()}) {
      for (const auto& tensor : *side) {
        std::string text = tensor.name() + " " + tensor.datatype();
        for (const int64_t dimension : tensor.shape()) text += fmt::format(" {}", dimension);
        texts.push_back(std::move(text));
      }
    }
    return texts;
  };
  EXPECT_THAT(tensors("cat"), ElementsAre("input FP32 -1 3", "output FP32 -1 2"));
  EXPECT_THAT(tensors("dog"),
              ElementsAre("input FP32 -1 4", "output FP32 -1 3", HasSubstr(" BYTES -1")));
  EXPECT_THAT(tensors("eel"),
              ElementsAre("input FP32 -1 2", "output FP32 -1 5", HasSubstr(" INT64 -1 5")));
  EXPECT_THAT(tensors("gnu"), ElementsAre("image UINT8 -1 2 3", "word BYTES -1", "state FP32 -1 2",
                                          "p FP16 -1 3", "version INT64"));
  EXPECT_THAT(tensors("hen"), ElementsAre("x FP32 4", "y FP32 1 -1"));
}

TEST_F(InferenceServiceTest, ConfiguresTheTensorsOfTheFile) {
  const auto config_of = [this](const std::string& model) {
    inference::ModelConfigResponse response;
    EXPECT_THAT(service_.ModelConfig(For<inference::ModelConfigRequest>(model), response), IsOk());
    return response.config();
  };
  const auto tensors = [](const inference::ModelConfig& config) {
    std::vector<std::string> texts;
    for (const auto& input : config.input()) {
      texts.push_back(Text(input) + (input.optional() ? " optional" : ""));
    }
    for (const auto& output : config.output()) texts.push_back(Text(output));
    return texts;
  };
  const auto gnu = config_of("gnu");
  EXPECT_GT(gnu.max_batch_size(), 0);
  EXPECT_THAT(tensors(gnu), ElementsAre("image TYPE_UINT8 2 3", "word TYPE_STRING 1 reshaped",
                                        "state TYPE_FP32 2 optional", "p TYPE_FP16 3",
                                        "version TYPE_INT64 1 reshaped"));
  EXPECT_EQ(gnu.parameters().at("p.class.2").string_value(), "c");
  EXPECT_EQ(gnu.parameters().at("note.0").string_value(),
            "output 'noise' is left out: node 'n' (RandomNormalLike): draws random numbers");
  const auto hen = config_of("hen");
  EXPECT_EQ(hen.max_batch_size(), 0);
  EXPECT_GT(std::stoi(hen.parameters().at("max_rows").string_value()), 0);
  EXPECT_THAT(tensors(hen), ElementsAre("x TYPE_FP32 4", "y TYPE_FP32 1 -1"));
  EXPECT_THAT(tensors(config_of("cat")), ElementsAre("input TYPE_FP32 3", "output TYPE_FP32 2"));
  EXPECT_THAT(tensors(config_of("dog")), ElementsAre("input TYPE_FP32 4", "output TYPE_FP32 3",
                                                     "label TYPE_STRING 1 reshaped"));
}

TEST_F(InferenceServiceTest, ListsTheVersionsThatServe) {
  inference::ModelMetadataResponse response;
  EXPECT_THAT(service_.ModelMetadata(For<inference::ModelMetadataRequest>("cat"), response),
              IsOk());
  EXPECT_EQ(response.platform(), "hillock_mlp");
  EXPECT_THAT(response.versions(), ElementsAre("9", "10"));
}

TEST_F(InferenceServiceTest, TellsHowAModelIsServed) {
  inference::ModelConfigResponse response;
  EXPECT_THAT(service_.ModelConfig(For<inference::ModelConfigRequest>("dog"), response), IsOk());
  const auto& config = response.config();
  EXPECT_EQ(config.backend(), "hillock");
  EXPECT_GT(config.max_batch_size(), 0);
  ASSERT_EQ(config.output_size(), 2);
  EXPECT_EQ(config.output(0).data_type(), inference::TYPE_FP32);
  EXPECT_EQ(config.output(1).data_type(), inference::TYPE_STRING);
  std::vector<std::string> parameters;
  for (const auto& [name, value] : config.parameters()) {
    parameters.push_back(name + ": " + value.string_value());
  }
  EXPECT_THAT(parameters, IsSupersetOf({"backend: fallback", "precision: f32",
                                        "allow_non_finite: false", "class.0: a", "class.2: c"}));
}

TEST_F(InferenceServiceTest, DescribesNothingThatDoesNotServe) {
  struct Row {
    const char* name;
    const char* version;
    Code code;
    const char* message;
  };
  for (const auto& [name, version, code, message] :
       {Row{"yak", "", Code::kNotFound, "Request for unknown model: 'yak' is not found"},
        Row{"cat", "8", Code::kNotFound, "Request for unknown model: 'cat' version 8 is not found"},
        Row{"cat", "x", Code::kInvalidArgument, "got model version 'x', want a positive integer"},
        Row{"fox", "", Code::kUnavailable,
            "Request for model 'fox': it is not ready: bad checksum"}}) {
    inference::ModelMetadataResponse metadata;
    EXPECT_THAT(
        service_.ModelMetadata(For<inference::ModelMetadataRequest>(name, version), metadata),
        StatusIs(code, message));
    inference::ModelConfigResponse config;
    EXPECT_THAT(service_.ModelConfig(For<inference::ModelConfigRequest>(name, version), config),
                StatusIs(code, message));
  }
}

TEST_F(InferenceServiceTest, GivesStatistics) {
  inference::ModelStatisticsResponse response;
  EXPECT_THAT(service_.ModelStatistics(For<inference::ModelStatisticsRequest>("cat"), response),
              IsOk());
  EXPECT_EQ(response.model_stats_size(), 2);
  response.Clear();
  EXPECT_THAT(service_.ModelStatistics(For<inference::ModelStatisticsRequest>("yak"), response),
              StatusIs(Code::kInvalidArgument, "requested model 'yak' is not available"));
}

TEST_F(InferenceServiceTest, ListsTheRepository) {
  const auto list = [this](bool ready) {
    inference::RepositoryIndexRequest request;
    request.set_ready(ready);
    inference::RepositoryIndexResponse response;
    EXPECT_THAT(service_.RepositoryIndex(request, response), IsOk());
    std::vector<std::string> models;
    for (const auto& model : response.models()) {
      models.push_back(model.name() + " " + model.version() + " " + model.state() + " " +
                       model.reason());
    }
    return models;
  };
  EXPECT_THAT(
      list(true),
      ElementsAre("cat 9 READY ", "cat 10 READY ", "dog 1 READY ", "eel 1 READY ",
                  HasSubstr("gnu 1 READY output 'noise' is left out: node 'n'"), "hen 1 READY "));
  EXPECT_THAT(list(false), Contains("fox  UNAVAILABLE bad checksum"));
}

TEST_F(InferenceServiceTest, RefusesOrdersUnlessCallersDecide) {
  inference::RepositoryModelLoadRequest load;
  inference::RepositoryModelLoadResponse loaded;
  inference::RepositoryModelUnloadRequest unload;
  inference::RepositoryModelUnloadResponse unloaded;
  EXPECT_THAT(service_.RepositoryModelLoad(load, loaded),
              StatusIs(Code::kUnavailable, HasSubstr("model control is off")));
  EXPECT_THAT(service_.RepositoryModelUnload(unload, unloaded),
              StatusIs(Code::kUnavailable, HasSubstr("model control is off")));
  (*load.mutable_parameters())["config"];
  EXPECT_THAT(service_.RepositoryModelLoad(load, loaded),
              StatusIs(Code::kUnimplemented, HasSubstr("load parameter 'config'")));
}

TEST_F(InferenceServiceTest, KnowsNoOtherRepository) {
  const auto kUnknown = StatusIs(Code::kNotFound, "got repository 'zoo', want the empty name");
  inference::RepositoryIndexRequest index;
  index.set_repository_name("zoo");
  inference::RepositoryIndexResponse listed;
  EXPECT_THAT(service_.RepositoryIndex(index, listed), kUnknown);
  inference::RepositoryModelLoadRequest load;
  load.set_repository_name("zoo");
  inference::RepositoryModelLoadResponse loaded;
  EXPECT_THAT(service_.RepositoryModelLoad(load, loaded), kUnknown);
  inference::RepositoryModelUnloadRequest unload;
  unload.set_repository_name("zoo");
  inference::RepositoryModelUnloadResponse unloaded;
  EXPECT_THAT(service_.RepositoryModelUnload(unload, unloaded), kUnknown);
}

}  // namespace
}  // namespace hillock::rpc
