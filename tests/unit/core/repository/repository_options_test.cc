// SPDX-License-Identifier: Apache-2.0

// The options of a model.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/repository/read_repository.h"

namespace hillock::repository {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::IsOkAndHolds;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

using RepositoryOptionsTest = RepositoryFixture;

TEST_F(RepositoryOptionsTest, ServesTheOutputsThatTheOptionsChoose) {
  const auto mlp = MlpBuilder(2).Add(3, "relu").Output("a").Add(1, "tanh").Output("b").Build();
  folder_.Write("cat/1/model.mlp", model::WriteMlp(mlp));
  folder_.Write("cat/options.txtpb", "outputs: ['a']");
  folder_.Write("dog/1/model.mlp", model::WriteMlp(mlp));
  folder_.Write("dog/options.txtpb", "outputs: ['c']");
  const auto versions = Read();
  ASSERT_THAT(versions,
              IsOkAndHolds(ElementsAre(
                  IsServed("cat", 1),
                  IsRefused("dog", 1, Code::kInvalidArgument,
                            "dog/options.txtpb: outputs: got output 'c', want 'a' or 'b'"))));
  EXPECT_EQ((*versions->front().mlp)->layers.size(), 1u);
}

TEST_F(RepositoryOptionsTest, HeedsTritonsConfiguration) {
  folder_.Write("cat/1/a.onnx", OnnxOf(5));
  folder_.Write("cat/1/b.onnx", OnnxOf(6));
  folder_.Write("cat/config.pbtxt", R"(
      name: "cat" backend: "onnxruntime" max_batch_size: 8 default_model_filename: "b.onnx"
      input [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] } ] output { name: "y" }
      version_policy { latest { num_versions: 2 } } instance_group [ { kind: KIND_CPU } ])");
  Repository repository(folder_.Path(""), kNoLimit);
  const auto models = repository.List();
  const ModelListing& cat = models->front();
  ASSERT_THAT(cat.options, IsOk());
  EXPECT_EQ(cat.options->limits.max_rows, 8u);
  EXPECT_EQ(cat.options->versions.latest, 2u);
  EXPECT_THAT(cat.options->notes, ElementsAre("config.pbtxt: without effect here: instance_group"));
  const auto mlp = repository.Read(cat, 1);
  ASSERT_THAT(mlp, IsOk());
  EXPECT_THAT((*mlp)->layers[0].weights, ElementsAre(6));
}

TEST_F(RepositoryOptionsTest, TakesItsOwnOptionsOverTritons) {
  Put("cat/1/model.mlp");
  folder_.Write("cat/config.pbtxt", "max_batch_size: 8 version_policy { all {} }");
  folder_.Write("cat/options.txtpb", "versions { specific: 1 } max_rows: 4");
  const auto models = Repository(folder_.Path(""), kNoLimit).List();
  EXPECT_EQ(models->front().options->limits.max_rows, 4u);
  EXPECT_THAT(models->front().options->versions.specific, ElementsAre(1));
}

TEST_F(RepositoryOptionsTest, RefusesAModelThatIsNotAsItsConfigurationSays) {
  Put("cat/1/model.mlp");
  folder_.Write("cat/config.pbtxt", "input { name: 'pixels' }");
  Put("dog/1/model.mlp");
  folder_.Write("dog/config.pbtxt", "name: 'cat'");
  EXPECT_THAT(Read(),
              IsOkAndHolds(ElementsAre(
                  IsRefused("cat", 1, Code::kInvalidArgument,
                            "cat: config.pbtxt has input 'pixels', and the model 'input'"),
                  IsRefused("dog", 0, Code::kInvalidArgument,
                            "dog/config.pbtxt: line 1, column 1: got name 'cat', want 'dog'"))));
}

TEST_F(RepositoryOptionsTest, ReadsTheOptionsOverTheDefaults) {
  Put("cat/1/model.mlp");
  Put("dog/1/model.mlp");
  Put("eel/1/model.mlp");
  folder_.Write("cat/options.txtpb", "versions { latest: 2 }");
  folder_.Write("eel/options.txtpb", "versions: 2");
  const ServingOptions defaults{.compute = {.backend = Backend::kFallback}};
  const auto models = Repository(folder_.Path(""), kNoLimit, defaults).List();
  ASSERT_EQ(models->size(), 3u);
  EXPECT_EQ((*models)[0].options->versions.latest, 2u);
  EXPECT_EQ((*models)[0].options->compute.backend, Backend::kFallback);
  EXPECT_THAT((*models)[1].options, IsOkAndHolds(defaults));
  EXPECT_THAT((*models)[2].options,
              StatusIs(Code::kInvalidArgument, HasSubstr("eel/options.txtpb: line 1, column 11")));
}

}  // namespace
}  // namespace hillock::repository
