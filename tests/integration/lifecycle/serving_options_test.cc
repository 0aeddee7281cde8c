// SPDX-License-Identifier: Apache-2.0

// What a model's options.txtpb changes, seen from outside.

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/integration/support/examples.h"
#include "tests/integration/support/some_models.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

absl::StatusOr<inference::ModelConfig> ConfigOf(ServerProcess& server, const std::string& model) {
  inference::ModelConfigRequest request;
  request.set_name(model);
  auto response = Call(server, &inference::GRPCInferenceService::Stub::ModelConfig, request);
  if (!response.ok()) return response.status();
  return response->config();
}

std::string Parameter(const inference::ModelConfig& config, const std::string& name) {
  const auto it = config.parameters().find(name);
  return it == config.parameters().end() ? "none" : it->second.string_value();
}

TEST(ModelConfigTest, TellsTensorsLimitsAndLayers) {
  ServerProcess server(HILLOCK_MODELS, {"--max-rows", "123", "--backend", "fallback"});
  const auto config = ConfigOf(server, "digits-tanh");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->name(), "digits-tanh");
  EXPECT_EQ(config->platform(), "hillock_mlp");
  EXPECT_EQ(config->backend(), "hillock");
  EXPECT_EQ(config->max_batch_size(), 123);
  EXPECT_TRUE(config->has_dynamic_batching());
  ASSERT_EQ(config->input_size(), 1);
  EXPECT_EQ(config->input(0).name(), "input");
  EXPECT_THAT(config->input(0).dims(), ElementsAre(64));
  ASSERT_EQ(config->output_size(), 2);
  EXPECT_EQ(config->output(0).data_type(), inference::TYPE_FP32);
  EXPECT_EQ(config->output(1).data_type(), inference::TYPE_STRING);
  EXPECT_EQ(Parameter(*config, "backend"), "fallback");
  EXPECT_EQ(Parameter(*config, "allow_non_finite"), "false");
  EXPECT_THAT(Parameter(*config, "layer.0"),
              HasSubstr("tanh 64->32 (dense fallback; activation fallback)"));
  EXPECT_EQ(Parameter(*config, "class.9"), "9");
}

TEST(ModelConfigTest, KnowsNoStranger) {
  EXPECT_THAT(ConfigOf(ServerProcess::Shared(), "nobody"),
              StatusIs(Code::kNotFound, HasSubstr("'nobody'")));
}

TEST(ServingOptionsTest, SetTheBackendOfOneModel) {
  const SomeModels models({"iris", "xor-ncu"});
  models.folder().Write("iris/options.txtpb", "backend: \"fallback\"\n");
  ServerProcess server(models.path(), {"--backend", "onednn"});
  const auto iris = ConfigOf(server, "iris");
  const auto xor_ncu = ConfigOf(server, "xor-ncu");
  ASSERT_THAT(iris, IsOk());
  ASSERT_THAT(xor_ncu, IsOk());
  EXPECT_EQ(Parameter(*iris, "backend"), "fallback");
  EXPECT_THAT(Parameter(*iris, "layer.0"), Not(HasSubstr("onednn")));
  EXPECT_EQ(Parameter(*xor_ncu, "backend"), "onednn");
}

// NaN goes through as NaN, whoever computes, where the server without the option refuses it.
TEST(ServingOptionsTest, LetNonFiniteValuesThroughEveryBackend) {
  const SomeModels models({"curve-relu", "curve-tanh", "curve-sigmoid"});
  for (const std::string how : {"backend: \"auto\"", "backend: \"onednn\"", "backend: \"fallback\"",
                                "backend: \"onednn\" precision: bf16"}) {
    for (const std::string name : {"curve-relu", "curve-tanh", "curve-sigmoid"}) {
      models.folder().Write(name + "/options.txtpb", "allow_non_finite: true " + how);
    }
    ServerProcess server(models.path());
    for (const std::string name : {"curve-relu", "curve-tanh", "curve-sigmoid"}) {
      auto request = MakeRequest(name, 1, std::vector<float>{kNan, 1.0f});
      request.mutable_inputs(0)->set_name("x");
      const auto answer = Infer(server, request);
      ASSERT_THAT(answer, IsOk()) << name;
      EXPECT_TRUE(std::isnan(answer->values[0])) << name << ", " << how;
      EXPECT_FALSE(std::isnan(answer->values[1])) << name << ", " << how;
    }
  }
}

TEST(ServingOptionsTest, BoundTheRowsOfOneModelsRequests) {
  const SomeModels models({"iris", "digits-tanh"});
  models.folder().Write("iris/options.txtpb", "max_rows: 3");
  ServerProcess server(models.path(), {"--max-rows", "5"});
  EXPECT_EQ(ConfigOf(server, "iris")->max_batch_size(), 3);
  EXPECT_EQ(ConfigOf(server, "digits-tanh")->max_batch_size(), 5);
  const auto ask = [&](const std::string& model, size_t rows) {
    const Example& example = FindExample(model);
    return Infer(server, MakeRequest(model, example.width, example.Rows(0, rows)));
  };
  EXPECT_THAT(ask("iris", 3), IsOk());
  EXPECT_THAT(ask("iris", 4),
              StatusIs(Code::kResourceExhausted, HasSubstr("'input': got 4 rows, want at most 3")));
  EXPECT_THAT(ask("digits-tanh", 5), IsOk());
  EXPECT_THAT(ask("digits-tanh", 6),
              StatusIs(Code::kResourceExhausted, HasSubstr("'input': got 6 rows, want at most 5")));
}

TEST(ServingOptionsTest, BoundsShowInModelConfig) {
  const SomeModels models({"iris", "digits-tanh"});
  models.folder().Write("iris/options.txtpb",
                        "max_rows: 3 max_queue_rows: 40 max_queue_bytes: 500 "
                        "max_queue_seconds: 0.3");
  ServerProcess server(models.path(), {"--max-queue-rows", "1000"});
  const auto bounds = [&](const std::string& model) {
    const auto config = ConfigOf(server, model);
    std::vector<std::string> values;
    for (const char* name :
         {"max_rows", "max_queue_rows", "max_queue_bytes", "max_queue_seconds"}) {
      values.push_back(Parameter(*config, name));
    }
    return values;
  };
  EXPECT_THAT(bounds("iris"), ElementsAre("3", "40", "500", "0.3"));
  EXPECT_THAT(bounds("digits-tanh"), ElementsAre("65536", "1000", "268435456", "1"));
}

TEST(ServingOptionsTest, AboveTheServersBoundsKeepOneModelOut) {
  const SomeModels models({"iris", "digits-tanh"});
  models.folder().Write("iris/options.txtpb", "\n  max_rows: 6");
  ServerProcess server(models.path(), {"--max-rows", "5"});
  EXPECT_EQ(server.served(), 1);
  EXPECT_THAT(ConfigOf(server, "iris"),
              StatusIs(Code::kUnavailable,
                       HasSubstr("iris/options.txtpb: line 2, column 3: got max_rows 6, want 1 to "
                                 "5, the server's own bound")));
}

TEST(ServingOptionsTest, ThatMakeNoSenseKeepOneModelOut) {
  const SomeModels models({"iris", "xor-ncu"});
  models.folder().Write("iris/options.txtpb", "\nbackend: 7\n");
  ServerProcess server(models.path());
  EXPECT_EQ(server.served(), 1);
  EXPECT_THAT(ConfigOf(server, "iris"),
              StatusIs(Code::kUnavailable, HasSubstr("iris/options.txtpb: line 2, column 10")));
}

}  // namespace
}  // namespace hillock::testing
