// SPDX-License-Identifier: Apache-2.0
#include "server/core/repository/triton_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

auto Read(const std::string& text, const ServingOptions& defaults = {}) {
  return ReadTritonConfig(text, "cat", defaults);
}

TEST(ReadTritonConfig, KeepsTheDefaultsOfWhatIsLeftOut) {
  const ServingOptions defaults{.compute = {.backend = Backend::kFallback}};
  EXPECT_THAT(Read("", defaults), IsOkAndHolds(defaults));
  EXPECT_THAT(Read("name: 'cat' platform: 'onnxruntime_onnx' # comment", defaults),
              IsOkAndHolds(defaults));
}

TEST(ReadTritonConfig, TakesEveryVersionPolicy) {
  const auto versions = [](const std::string& text) {
    return Read("version_policy: { " + text + " }")->versions;
  };
  EXPECT_EQ(versions("latest { num_versions: 3 }"), (VersionPolicy{3, {}}));
  EXPECT_EQ(versions("all { }"), (VersionPolicy{VersionPolicy::kAll, {}}));
  EXPECT_EQ(versions("specific: { versions: [1,3]}").specific, (std::vector<int64_t>{1, 3}));
}

TEST(ReadTritonConfig, LowersTheBoundOnRowsAndNeverRaisesIt) {
  const ServingOptions defaults{.limits = {.max_rows = 100}};
  EXPECT_EQ(Read("max_batch_size: 8", defaults)->limits.max_rows, 8u);
  EXPECT_EQ(Read("max_batch_size: 1000", defaults)->limits.max_rows, 100u);
  EXPECT_EQ(Read("max_batch_size: 0", defaults)->limits.max_rows, 100u);
}

TEST(ReadTritonConfig, TakesTheNamesOfTensorsAndOfTheFile) {
  const auto options = Read(R"(
      default_model_filename: "policy.onnx"
      input [ { name: "x" data_type: TYPE_FP32 format: FORMAT_NONE dims: [ -1, 3 ] },
              { name: "y" reshape { shape: [ ] } } ]
      output [ { name: "z" label_filename: "labels.txt" } ])");
  ASSERT_THAT(options, IsOk());
  EXPECT_EQ(options->model_file, "policy.onnx");
  EXPECT_THAT(options->expected_inputs, ElementsAre("x", "y"));
  EXPECT_THAT(options->expected_outputs, ElementsAre("z"));
  EXPECT_THAT(options->notes, IsEmpty());
}

TEST(ReadTritonConfig, NotesWhatHasNoEffect) {
  EXPECT_THAT(Read(R"(
      instance_group [ { count: 2 kind: KIND_GPU gpus: [ 0, 1 ] } ]
      optimization { execution_accelerators { gpu_execution_accelerator : [ { name : "tensorrt" } ] } }
      parameters { key: "a" value: { string_value: "{[<" } }
      parameters { key: "b" value: { string_value: "2" } })")
                  ->notes,
              ElementsAre("config.pbtxt: without effect here: instance_group, optimization, "
                          "parameters"));
  EXPECT_THAT(Read("backend: 'python'")->notes,
              ElementsAre("config.pbtxt: 'python' does not compute the model, this server does"));
  EXPECT_THAT(Read("platform: 'pytorch_libtorch'")->notes, ElementsAre(HasSubstr("libtorch")));
}

TEST(ReadTritonConfig, RefusesWhatMakesNoSense) {
  const auto refused = [](const std::string& text, const std::string& message) {
    EXPECT_THAT(Read(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)))
        << text;
  };
  refused("\nname: 'dog'", "line 2, column 1: got name 'dog', want 'cat', that of the folder");
  refused("max_batch_size: -1", "got max_batch_size '-1', want an integer from 0 on");
  refused("max_batch_size: 'many'", "got max_batch_size 'many', want an integer from 0 on");
  refused("max_batch_size { }", "got max_batch_size '', want an integer from 0 on");
  refused("name: ", "line 1, column 7: got the end, want a value");
  refused("input [ { name: 'x' ", "line 1");
  refused("not a config", "line 1, column 5");
  refused("version_policy { latest { num_versions: 0 } }", "got num_versions '0', want an integer");
  refused("version_policy { }", "version_policy: want one of");
  refused("version_policy { all { } latest { num_versions: 1 } }", "version_policy: want one of");
  refused("version_policy { specific { versions: [0] } }", "got versions '0', want an integer");
}

TEST(ReadTritonConfig, NamesFewOfManyFields) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "field_" + std::to_string(i) + std::string(500, 'x') + ": 1\n";
  }
  const auto options = Read(text);
  ASSERT_THAT(options, IsOk());
  ASSERT_THAT(options->notes, SizeIs(1));
  EXPECT_LT(options->notes[0].size(), 5000u);
}

TEST(CheckTensors, WantsEveryNameInTheModel) {
  model::Mlp mlp = MlpBuilder(2).Add(1, "sigmoid").Labels({"no", "yes"}).Build();
  mlp.left_out = {{"noise", "why"}};
  const auto check = [&](const std::string& text) { return CheckTensors(*Read(text), mlp); };
  EXPECT_THAT(check(""), IsOk());
  EXPECT_THAT(check("input { name: 'input' } output { name: 'output' } output { name: 'label' }"),
              IsOk());
  EXPECT_THAT(check("output { name: 'noise' }"), IsOk());
  EXPECT_THAT(check("input { name: 'output' }"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "config.pbtxt has input 'output', and the model 'input'"));
  EXPECT_THAT(
      check("output { name: 'input' }"),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "config.pbtxt has output 'input', and the model 'output', 'label', 'noise'"));
}

}  // namespace
}  // namespace hillock::repository
