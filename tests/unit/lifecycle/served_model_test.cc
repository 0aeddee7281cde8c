// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/served_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"

namespace hillock::lifecycle {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::MlpBuilder;

class ServedModelTest : public ::testing::Test {
 protected:
  std::shared_ptr<ServedModel> Serve(const MlpBuilder& builder) {
    return *compiler_.Compile("pets", 12, builder.Share(), {});
  }
  std::shared_ptr<ServedModel> Serve(model::Mlp mlp) {
    return *compiler_.Compile("pets", 12, std::make_shared<const model::Mlp>(std::move(mlp)), {});
  }

  static std::string LabelOf(const ServedModel& model, const std::vector<float>& outputs) {
    return model.outputs()[0].LabelOf(outputs.data());
  }

  FakeClock clock_{1000};
  metrics::Registry registry_{1, {}};
  ModelCompiler compiler_{1, registry_, clock_};
};

TEST_F(ServedModelTest, IsCalledAsItWasAndShapedAsItsModel) {
  const auto model = Serve(MlpBuilder(4).Add(9, "relu").Add(2, "identity"));
  EXPECT_EQ(model->name(), "pets");
  EXPECT_EQ(model->version(), 12);
  EXPECT_EQ(model->version_text(), "12");
  ASSERT_EQ(model->inputs().size(), 1u);
  EXPECT_EQ(model->inputs()[0].name(), "input");
  EXPECT_EQ(model->inputs()[0].offset, 0u);
  EXPECT_EQ(model->input_width(), 4u);
  EXPECT_EQ(model->answer_width(), 2u);
  ASSERT_EQ(model->outputs().size(), 1u);
  EXPECT_EQ(model->outputs()[0].name(), "output");
  EXPECT_EQ(model->outputs()[0].width, 2u);
  EXPECT_FALSE(model->outputs()[0].has_labels());
}

TEST_F(ServedModelTest, HasTheOutputsOfItsModelInOrder) {
  const auto model = Serve(MlpBuilder(4)
                               .Add(9, "relu")
                               .Add(1, "tanh")
                               .Output("value", {"lost", "won"})
                               .From(1)
                               .Add(3, "softmax")
                               .Output("policy", {"left", "right", "stay"}));
  EXPECT_EQ(model->answer_width(), 4u);
  ASSERT_EQ(model->outputs().size(), 2u);
  EXPECT_EQ(model->outputs()[0].name(), "value");
  EXPECT_EQ(model->outputs()[0].label_name, "value_label");
  EXPECT_EQ(model->outputs()[1].width, 3u);
  EXPECT_EQ(model->outputs()[1].label_name, "policy_label");
  EXPECT_EQ(model->outputs()[0].LabelOf(std::vector<float>{0.75f}.data()), "won");
  EXPECT_EQ(model->outputs()[1].LabelOf(std::vector<float>{0, 1, 0}.data()), "right");
}

TEST_F(ServedModelTest, HasTheInterfaceOfItsModel) {
  model::Mlp mlp = MlpBuilder(5).Add(2, "identity").Build();
  mlp.inputs = {{.name = "a", .shape = {-1, 2, 1}, .width = 2},
                {.name = "b", .datatype = model::Datatype::kBytes, .shape = {-1, 3}, .width = 3}};
  mlp.words = {"red", "", "green"};
  mlp.outputs.push_back({.name = "version", .is_constant = true, .constant = {3}});
  mlp.left_out = {{"noise", "drawn"}};
  const auto model = Serve(std::move(mlp));
  ASSERT_EQ(model->inputs().size(), 2u);
  EXPECT_EQ(model->inputs()[1].name(), "b");
  EXPECT_EQ(model->inputs()[1].offset, 2u);
  EXPECT_EQ(model->input_width(), 5u);
  EXPECT_EQ(model->answer_width(), 2u);
  EXPECT_EQ(model->outputs()[0].output.shape, (model::TensorShape{-1, 2}));
  EXPECT_TRUE(model->outputs()[1].is_constant());
  EXPECT_EQ(model->outputs()[1].output.shape, model::TensorShape());
  EXPECT_EQ(model->left_out()[0].name, "noise");
  EXPECT_EQ(model->words()[2], "green");
  EXPECT_EQ(model->FindWord("green"), 2);
  EXPECT_EQ(model->FindWord(""), 1);
  EXPECT_EQ(model->FindWord("blue"), -1);
}

TEST_F(ServedModelTest, LabelsTheHighestColumnAndOfEqualOnesTheFirst) {
  const auto model = Serve(MlpBuilder(2).Add(3, "softmax").Labels({"ant", "bee", "cow"}));
  EXPECT_EQ(model->outputs()[0].label_name, "label");
  EXPECT_EQ(LabelOf(*model, {0.1f, 0.2f, 0.7f}), "cow");
  EXPECT_EQ(LabelOf(*model, {0.4f, 0.4f, 0.2f}), "ant");
  EXPECT_EQ(LabelOf(*model, {-3, -1, -2}), "bee");
}

TEST_F(ServedModelTest, LabelsASingleColumnByTheThreshold) {
  model::Mlp mlp = MlpBuilder(2).Add(1, "sigmoid").Labels({"no", "yes"}).Build();
  const auto by_default = Serve(mlp);
  EXPECT_EQ(LabelOf(*by_default, {0.49f}), "no");
  EXPECT_EQ(LabelOf(*by_default, {0.5f}), "yes");
  mlp.outputs.front().threshold = -1;
  const auto lower = Serve(mlp);
  EXPECT_EQ(LabelOf(*lower, {-1.5f}), "no");
  EXPECT_EQ(LabelOf(*lower, {-1}), "yes");
}

TEST_F(ServedModelTest, SaysYesFromTheThresholdOn) {
  const auto model = Serve(MlpBuilder(2).Add(3, "sigmoid").Multilabel(0.25f));
  const ServedOutput& output = model->outputs()[0];
  EXPECT_TRUE(output.has_labels());
  EXPECT_TRUE(output.is_multilabel());
  EXPECT_EQ(output.label_name, "label");
  EXPECT_TRUE(output.IsYes(0.25f));
  EXPECT_FALSE(output.IsYes(std::nextafter(0.25f, 0.0f)));
  EXPECT_FALSE(output.IsYes(std::numeric_limits<float>::quiet_NaN()));
}

}  // namespace
}  // namespace hillock::lifecycle
