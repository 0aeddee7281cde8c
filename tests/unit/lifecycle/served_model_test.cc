#include "server/lifecycle/served_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::lifecycle {
namespace {

using ::hillock::testing::FakeClock;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::StatusIs;
using ::testing::HasSubstr;

class ServedModelTest : public ::testing::Test {
 protected:
  std::shared_ptr<ServedModel> Serve(const MlpBuilder& builder, size_t reactors = 1) {
    return *ServedModel::Create("pets", 12, builder.Share(), {}, reactors, registry_, clock_);
  }
  std::shared_ptr<ServedModel> Serve(model::Mlp mlp) {
    return *ServedModel::Create("pets", 12, std::make_shared<const model::Mlp>(std::move(mlp)), {},
                                1, registry_, clock_);
  }

  static std::string LabelOf(const ServedModel& model, const std::vector<float>& outputs) {
    return model.outputs()[0].LabelOf(outputs.data());
  }

  FakeClock clock_{1000};
  metrics::Registry registry_{3, {}};
};

TEST_F(ServedModelTest, IsCalledAsItWasAndShapedAsItsModel) {
  const auto model = Serve(MlpBuilder(4).Add(9, "relu").Add(2, "identity"));
  EXPECT_EQ(model->name(), "pets");
  EXPECT_EQ(model->version(), 12);
  EXPECT_EQ(model->version_text(), "12");
  EXPECT_EQ(model->input_name(), "input");
  EXPECT_EQ(model->inputs(), 4u);
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

TEST_F(ServedModelTest, HasAnExecutorAndCellsForEveryReactor) {
  const auto model = Serve(MlpBuilder(4).Add(2, "identity"), 3);
  for (size_t reactor = 0; reactor < 3; ++reactor) {
    std::fill_n(model->executor(reactor).input(), 4, 1.0f);
    EXPECT_THAT(model->executor(reactor).Run(1, false), IsOk());
    model->cells(reactor).rows.Add(reactor);
  }
  EXPECT_NE(&model->executor(0), &model->executor(1));
  EXPECT_EQ(model->cells(1).rows.Get(), 1u);
  EXPECT_EQ(model->cells(2).rows.Get(), 2u);
}

TEST_F(ServedModelTest, WarmsUpWithoutCounting) {
  const auto model = Serve(MlpBuilder(4).Add(2, "relu"), 3);
  EXPECT_EQ(model->cells(0).rows.Get(), 0u);
  EXPECT_EQ(model->cells(0).sampled[0].Get(), 0u);
}

TEST_F(ServedModelTest, IsRefusedWhenBf16MovesItsAnswersTooFar) {
  if (!kernel::onednn::IsFast(Precision::kBf16))
    GTEST_SKIP() << "this CPU has neither AVX512_BF16 nor AMX";
  engine::PlanOptions options{.backend = Backend::kOneDnn, .precision = Precision::kBf16};
  const auto serve = [&] {
    return ServedModel::Create("pets", 12, MlpBuilder(64).Add(32, "tanh").Add(2, "softmax").Share(),
                               {options}, 1, registry_, clock_)
        .status();
  };
  EXPECT_THAT(serve(), IsOk());
  options.precision_tolerance = 1e-6;
  EXPECT_THAT(serve(), StatusIs(absl::StatusCode::kFailedPrecondition,
                                HasSubstr("want at most precision_tolerance 1e-06")));
}

TEST_F(ServedModelTest, IsGivenUpWhenTheServerStops) {
  std::stop_source stop;
  const auto serve = [&] {
    return ServedModel::Create("pets", 12, MlpBuilder(4).Add(2, "relu").Share(), {}, 1, registry_,
                               clock_, nullptr, stop.get_token())
        .status();
  };
  EXPECT_THAT(serve(), IsOk());
  stop.request_stop();
  EXPECT_THAT(serve(), StatusIs(absl::StatusCode::kUnavailable, "the server is shutting down"));
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
