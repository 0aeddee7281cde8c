// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/rewrite/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/engine/engine_case.h"
#include "tests/unit/core/model/equals_mlp.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::Evaluate;
using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::Random;
using ::hillock::testing::UniformMlp;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Widths = std::vector<size_t>;

Widths WidthsOf(const model::Mlp& mlp) {
  Widths widths = {mlp.input_width()};
  for (const model::Layer& layer : mlp.layers) widths.push_back(layer.outputs);
  return widths;
}

struct Chain {
  Widths before;
  Widths after;
};

TEST(Collapsing, TakesTheFewestMultiplyAdds) {
  const Chain table[] = {
      {{4, 4}, {4, 4}},
      {{64, 32, 10}, {64, 10}},
      {{16, 64, 64, 8}, {16, 8}},
      {{1, 9, 1, 9, 1}, {1, 1}},
      {{64, 8, 64}, {64, 8, 64}},                  // a bottleneck is cheaper
      {{8, 4, 8}, {8, 4, 8}},                      // nothing saved
      {{8, 2, 8, 8}, {8, 2, 8}},                   // a part of the chain
      {{30, 40, 2, 40, 30}, {30, 2, 30}},          // two parts of it
      {{5, 6, 7, 8, 1, 9, 9, 9}, {5, 1, 9}},       // 5 + 9 is all that is left
      {Widths(101, 2), {2, 2, 2, 2, 2, 2, 2, 2}},  // at most 16 layers at a time
  };
  for (const Chain& chain : table) {
    const auto rewritten = Rewrite(UniformMlp(chain.before, "identity", 1));
    EXPECT_EQ(WidthsOf(rewritten.mlp), chain.after) << ::testing::PrintToString(chain.before);
    EXPECT_EQ(rewritten.notes.empty(), chain.before == chain.after);
  }
}

TEST(Collapsing, IsWhatTheAlgebraSays) {
  model::Mlp mlp = MlpBuilder(2).Add(2, "identity").Add(1, "relu").Build();
  mlp.layers[0].weights = {1, 2, 3, 4};
  mlp.layers[0].bias = {5, 6};
  mlp.layers[1].weights = {10, 100};
  mlp.layers[1].bias = {7};
  const auto rewritten = Rewrite(mlp);
  ASSERT_EQ(rewritten.mlp.layers.size(), 1u);
  EXPECT_THAT(rewritten.mlp.layers[0].weights, ElementsAre(310, 420));
  EXPECT_THAT(rewritten.mlp.layers[0].bias, ElementsAre(657));
}

TEST(Collapsing, RoundsOnce) {
  constexpr float kThird = 1.0f / 3;
  model::Mlp mlp = MlpBuilder(1).Add(2, "identity").Add(1, "identity").Build();
  mlp.layers[0].weights = {kThird, 1};
  mlp.layers[1].weights = {kThird, -kThird * kThird};
  const double want = double{kThird} * kThird - double{kThird * kThird};
  ASSERT_NE(want, 0);
  EXPECT_EQ(Rewrite(mlp).mlp.layers[0].weights[0], static_cast<float>(want));
}

TEST(Collapsing, KeepsTheLastLayersNameActivationAndSlopes) {
  const model::Mlp mlp = MlpBuilder(6)
                             .Add(9, "relu")
                             .Add(8, "identity")
                             .Add(3, "prelu")
                             .Add(2, "leaky_relu", {{"alpha", 0.25f}})
                             .Build();
  const auto rewritten = Rewrite(mlp);
  ASSERT_EQ(WidthsOf(rewritten.mlp), Widths({6, 9, 3, 2}));
  EXPECT_THAT(rewritten.mlp.layers[0], model::EqualsLayer(mlp.layers[0]));
  EXPECT_EQ(rewritten.mlp.layers[1].name, "layer2");
  EXPECT_EQ(rewritten.mlp.layers[1].activation->name, "prelu");
  EXPECT_EQ(rewritten.mlp.layers[1].slopes, mlp.layers[2].slopes);
  model::Layer last = mlp.layers[3];
  last.source = model::ValueId{2};
  EXPECT_THAT(rewritten.mlp.layers[2], model::EqualsLayer(last));
}

TEST(Collapsing, SaysWhatItDid) {
  EXPECT_THAT(Rewrite(UniformMlp({4, 9, 8, 2}, "identity", 1)).notes,
              ElementsAre("collapsed 'layer0' 4->9, 'layer1' 9->8 and 'layer2' 8->2 into "
                          "'layer2' 4->2: 8 multiply-adds a row, 116 saved"));
}

TEST(Collapsing, IsRefusedWhenTheProductOverflows) {
  model::Mlp mlp = UniformMlp({3, 4, 2}, "identity", 1);
  mlp.layers[0].weights[0] = 1e30f;
  mlp.layers[1].weights[0] = 1e30f;
  const auto rewritten = Rewrite(mlp);
  EXPECT_THAT(rewritten.mlp, model::EqualsMlp(mlp));
  EXPECT_THAT(rewritten.notes, ElementsAre("kept 'layer0' 3->4 and 'layer1' 4->2 separate: their "
                                           "product overflows a float"));
}

TEST(Collapsing, IsRefusedWhenTheProductTakesTooLong) {
  const model::Mlp mlp = UniformMlp({1100, 1100, 1100}, "identity", 1);
  const auto rewritten = Rewrite(mlp);
  EXPECT_EQ(WidthsOf(rewritten.mlp), WidthsOf(mlp));
  EXPECT_THAT(
      rewritten.notes,
      ElementsAre("kept 'layer0' 1100->1100 and 'layer1' 1100->1100 separate: their product "
                  "takes 1331000000 multiply-adds, at most 1073741824 are spent"));
}

// 6 -> 5 -> 4 -> 3 and 6 -> 5 -> 2, all identity: the 5 have two readers.
MlpBuilder Forked() {
  return MlpBuilder(6)
      .Add(5, "identity")
      .Add(4, "identity")
      .Add(3, "identity")
      .Output("a")
      .From(1)
      .Add(2, "identity")
      .Output("b");
}

TEST(Collapsing, KeepsWhatHasSeveralReaders) {
  const auto rewritten = Rewrite(Forked().Build());
  ASSERT_EQ(rewritten.mlp.layers.size(), 3u);
  EXPECT_EQ(rewritten.mlp.layers[1].name, "layer2");
  EXPECT_EQ(rewritten.mlp.layers[1].source, model::ValueId{1});
  EXPECT_EQ(rewritten.mlp.layers[2].source, model::ValueId{1});
  EXPECT_EQ(rewritten.mlp.outputs[0].source, model::ValueId{2});
  EXPECT_EQ(rewritten.mlp.outputs[1].source, model::ValueId{3});
  EXPECT_THAT(rewritten.notes, ElementsAre(StartsWith("collapsed 'layer1' 5->4 and 'layer2' 4->3 "
                                                      "into 'layer2' 5->3")));
}

TEST(Collapsing, KeepsWhatIsPutOut) {
  const model::Mlp mlp =
      MlpBuilder(6).Add(5, "identity").Output("a").Add(2, "identity").Output("b").Build();
  const auto rewritten = Rewrite(mlp);
  EXPECT_THAT(rewritten.mlp, model::EqualsMlp(mlp));
  EXPECT_THAT(rewritten.notes, IsEmpty());
}

TEST(Folding, GoesIntoEveryLayerThatReadsTheInput) {
  const model::Mlp mlp = MlpBuilder(4)
                             .Add(3, "relu")
                             .Output("a")
                             .From(model::ValueId::kInput)
                             .Add(2, "relu")
                             .Output("b")
                             .Normalized()
                             .Build();
  const auto rewritten = Rewrite(mlp);
  EXPECT_THAT(rewritten.mlp.offset, IsEmpty());
  EXPECT_THAT(rewritten.notes, ElementsAre("folded the normalization into 'layer0' 4->3 and "
                                           "'layer1' 4->2: 4 multiply-adds a row saved"));
}

TEST(Folding, GoesIntoNoneWhereOneWouldOverflow) {
  model::Mlp mlp = MlpBuilder(4)
                       .Add(3, "relu")
                       .Output("a")
                       .From(model::ValueId::kInput)
                       .Add(2, "relu")
                       .Output("b")
                       .Normalized()
                       .Build();
  mlp.layers[1].weights[0] = std::numeric_limits<float>::max();
  mlp.scale[0] = 2;
  const auto rewritten = Rewrite(mlp);
  EXPECT_THAT(rewritten.mlp, model::EqualsMlp(mlp));
  EXPECT_THAT(rewritten.notes, ElementsAre("kept the normalization before 'layer1' 4->2: folded "
                                           "in it overflows a float"));
}

TEST(Rewrite, LeavesAloneWhatHasNothingToGain) {
  const model::Mlp mlp =
      MlpBuilder(5).Add(7, "relu").Add(3, "softmax").Labels({"a", "b", "c"}).Build();
  const auto rewritten = Rewrite(mlp);
  EXPECT_THAT(rewritten.mlp, model::EqualsMlp(mlp));
  EXPECT_THAT(rewritten.notes, IsEmpty());
}

TEST(Folding, TakesTheNormalizationAway) {
  model::Mlp mlp = MlpBuilder(2).Add(1, "relu").Normalized().Build();
  mlp.layers[0].weights = {2, 3};
  mlp.layers[0].bias = {1};
  mlp.offset = {0.5f, -1};
  mlp.scale = {4, 2};
  const auto rewritten = Rewrite(mlp);
  EXPECT_THAT(rewritten.mlp.offset, IsEmpty());
  EXPECT_THAT(rewritten.mlp.scale, IsEmpty());
  EXPECT_THAT(rewritten.mlp.layers[0].weights, ElementsAre(8, 6));
  EXPECT_THAT(rewritten.mlp.layers[0].bias, ElementsAre(3));
  EXPECT_THAT(rewritten.notes,
              ElementsAre("folded the normalization into 'layer0' 2->1: 2 multiply-adds a row "
                          "saved"));
}

TEST(Folding, IsRefusedWhereRoundingWouldHurt) {
  model::Mlp mlp = MlpBuilder(3).Add(2, "relu").Normalized().Build();
  mlp.offset[1] = 1.7e9f;
  mlp.scale[1] = 1e-3f;
  const auto rewritten = Rewrite(mlp);
  EXPECT_THAT(rewritten.mlp, model::EqualsMlp(mlp));
  EXPECT_THAT(rewritten.notes, ElementsAre(StartsWith("kept the normalization before 'layer0' "
                                                      "3->2: error on calibration rows ")));
}

TEST(Folding, IsRefusedWhenANumberOverflows) {
  model::Mlp mlp = MlpBuilder(3).Add(2, "relu").Normalized().Build();
  mlp.layers[0].weights[0] = 10;
  mlp.scale[0] = std::numeric_limits<float>::max();
  const auto rewritten = Rewrite(mlp);
  EXPECT_THAT(rewritten.mlp, model::EqualsMlp(mlp));
  EXPECT_THAT(rewritten.notes, ElementsAre("kept the normalization before 'layer0' 3->2: folded "
                                           "in it overflows a float"));
}

// Random models, half of them with a normalization, of any scale.
class RandomModel {
 public:
  explicit RandomModel(uint32_t seed) : random_(seed) {
    MlpBuilder builder(1 + random_.Index(40), seed);
    const size_t layers = 1 + random_.Index(5);
    for (size_t i = 0; i < layers; ++i) builder.Add(1 + random_.Index(40), Activation());
    if (seed % 2 == 0) builder.Normalized();
    mlp_ = builder.Build();
    if (!mlp_.offset.empty()) Rescale();
  }

  const model::Mlp& mlp() const { return mlp_; }

  // As the features of the normalization are spread.
  std::vector<float> Rows(size_t count) {
    std::vector<float> rows = random_.Floats(count * mlp_.input_width(), -2, 2);
    if (mlp_.offset.empty()) return rows;
    for (size_t i = 0; i < rows.size(); ++i) {
      const size_t c = i % mlp_.input_width();
      rows[i] = mlp_.offset[c] + rows[i] / mlp_.scale[c];
    }
    return rows;
  }

 private:
  const char* Activation() {
    constexpr const char* kChoices[] = {"identity", "identity", "identity", "relu", "tanh"};
    return kChoices[random_.Index(std::size(kChoices))];
  }

  void Rescale() {
    const float offset = std::pow(10.0f, random_.Float(-3, 6));
    const float scale = std::pow(10.0f, random_.Float(-3, 3));
    for (float& o : mlp_.offset) o *= offset;
    for (float& s : mlp_.scale) s *= scale;
  }

  Random random_;
  model::Mlp mlp_;
};

TEST(Rewrite, KeepsTheAnswersOfRandomModels) {
  constexpr size_t kRows = 10;
  size_t collapsed = 0;
  size_t folded = 0;
  size_t refused = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    RandomModel random(seed);
    const std::vector<float> rows = random.Rows(kRows);
    const auto rewritten = Rewrite(random.mlp());
    ASSERT_THAT(model::Validate(rewritten.mlp), IsOk());
    for (const std::string& note : rewritten.notes) {
      collapsed += note.starts_with("collapsed");
      folded += note.starts_with("folded");
      refused += note.starts_with("kept the normalization");
    }
    const auto got = Engine(rewritten.mlp, Backend::kFallback).Answer(rows);
    for (size_t row = 0; row < kRows; ++row) {
      const size_t width = random.mlp().input_width();
      const auto want = Evaluate(random.mlp(), std::span(rows).subspan(row * width, width), true);
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_NEAR(got[row * want.size() + i], want[i].value,
                    kRewriteTolerance * (1 + std::abs(want[i].value)))
            << "seed " << seed << ", row " << row << ", column " << i;
      }
    }
  }
  EXPECT_GT(collapsed, 50u);
  EXPECT_GT(folded, 50u);
  EXPECT_GT(refused, 50u);
}

TEST(Folding, IsNotDoneForBf16) {
  const model::Mlp mlp = MlpBuilder(8).Add(6, "identity").Add(3, "softmax").Normalized().Build();
  const auto rewritten = Rewrite(mlp, Precision::kBf16);
  EXPECT_EQ(rewritten.mlp.offset, mlp.offset);
  EXPECT_EQ(rewritten.mlp.scale, mlp.scale);
  EXPECT_THAT(rewritten.notes,
              ElementsAre(StartsWith("collapsed "),
                          "kept the normalization before 'layer1' 8->3: bf16 would round what it "
                          "subtracts from"));
}

class RewritingPlan : public ::testing::Test {
 protected:
  const model::Mlp mlp_ = MlpBuilder(8).Add(6, "identity").Add(3, "softmax").Normalized().Build();
};

TEST_F(RewritingPlan, HasFewerStepsAndSaysWhy) {
  const auto plan = Plan::Compile(mlp_, {{.rewrite = true}});
  ASSERT_EQ(plan->steps().size(), 1u);
  EXPECT_EQ(NameOf(plan->steps()[0]), "layer1");
  EXPECT_THAT(plan->offset(), IsEmpty());
  EXPECT_THAT(plan->rewrites(),
              ElementsAre(StartsWith("collapsed "), StartsWith("folded the normalization ")));
}

TEST_F(RewritingPlan, IsTheModelAsItIsWhenSwitchedOff) {
  const auto plan = Plan::Compile(mlp_, {{.rewrite = false}});
  EXPECT_EQ(plan->steps().size(), 2u);
  EXPECT_EQ(plan->offset().size(), 8u);
  EXPECT_THAT(plan->rewrites(), IsEmpty());
}

TEST_F(RewritingPlan, IsTheModelAsItIsWhereInfinitiesMayComeIn) {
  const auto plan = Plan::Compile(mlp_, {{.allow_non_finite = true, .rewrite = true}});
  EXPECT_EQ(plan->steps().size(), 2u);
  EXPECT_THAT(plan->rewrites(), IsEmpty());
}

}  // namespace
}  // namespace hillock::engine
