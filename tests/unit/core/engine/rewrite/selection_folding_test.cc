// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/rewrite/selection_folding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/core/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::MlpBuilder;
using ::hillock::testing::Random;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kInputs = 7;
constexpr size_t kRows = 9;

// Columns first, first + 1, ...
model::Select Columns(uint32_t first, size_t count) {
  model::Select select;
  select.columns.resize(count);
  std::iota(select.columns.begin(), select.columns.end(), first);
  return select;
}

// Halves of a dense layer, the second with `gate`, multiplied.
model::Mlp Gated(std::string_view dense, std::string_view gate, size_t group = 0) {
  return MlpBuilder(kInputs)
      .Add(64, dense)
      .Add(Columns(0, 32), {1}, 32)
      .Add(Columns(32, 32), {1}, 32, gate, group)
      .Combine("mul", {2, 3})
      .Build();
}

std::vector<size_t> WidthsOfDense(const model::Mlp& mlp) {
  std::vector<size_t> widths;
  for (const model::Layer& layer : mlp.layers) {
    if (layer.is_dense()) widths.push_back(layer.outputs);
  }
  return widths;
}

// The model computes bit for bit what its layers as they are do, rewritten by hand or not.
void ExpectSameAnswers(const model::Mlp& one, const model::Mlp& other) {
  const auto rows = Random(1).Floats(kRows * one.input_width(), -2, 2);
  const PlanOptions options{{.backend = Backend::kFallback}};
  EXPECT_EQ(Engine(one, options).Answer(rows), Engine(other, options).Answer(rows));
}

TEST(FoldSelections, LeavesAChainAlone) {
  EXPECT_FALSE(HasSelections(testing::UniformMlp({3, 4, 5}, "relu", 1)));
}

TEST(FoldSelections, MakesCutsOfADenseLayerRowsOfItsMatrix) {
  const model::Mlp mlp = Gated("identity", "sigmoid");
  const Rewritten folded = FoldSelections(mlp);
  ASSERT_THAT(model::Validate(folded.mlp), IsOk());
  EXPECT_THAT(WidthsOfDense(folded.mlp), ElementsAre(32, 32));
  EXPECT_EQ(folded.mlp.layers.size(), 3u);
  EXPECT_EQ(folded.mlp.layers[1].activation->name, "sigmoid");
  EXPECT_THAT(folded.notes, ElementsAre("made 'layer1' 32 units of 'layer0' 7->64",
                                        "made 'layer2' 32 units of 'layer0' 7->64"));
}

// The dense layer computes 64 units, and each of its halves the same sums.
TEST(FoldSelections, KeepsTheBits) {
  using Pair = std::pair<std::string_view, std::string_view>;
  for (const auto& [dense, gate] :
       {Pair("identity", "sigmoid"), Pair("prelu", "identity"), Pair("relu", "identity"),
        Pair("identity", "softmax"), Pair("identity", "prelu")}) {
    SCOPED_TRACE(dense);
    model::Mlp mlp = Gated(dense, gate);
    const Rewritten folded = FoldSelections(mlp);
    EXPECT_THAT(WidthsOfDense(folded.mlp), ElementsAre(32, 32));
    // An output keeps the dense layer as it is.
    mlp.outputs.push_back({"kept", ValueId{1}});
    EXPECT_THAT(WidthsOfDense(FoldSelections(mlp).mlp), ElementsAre(64));
    ExpectSameAnswers(folded.mlp, mlp);
  }
}

TEST(FoldSelections, KeepsWhatAnotherLayerReadsToo) {
  const model::Mlp mlp = MlpBuilder(kInputs)
                             .Add(32, "relu")
                             .Add(Columns(0, 16), {1}, 16)
                             .Reduce("sum", 1, 1)
                             .Combine("mul", {2, 3})
                             .Build();
  EXPECT_THAT(FoldSelections(mlp).notes, IsEmpty());
}

TEST(FoldSelections, KeepsARowFunctionBeforeTheCut) {
  EXPECT_THAT(FoldSelections(Gated("softmax", "identity")).notes, IsEmpty());
}

TEST(FoldSelections, KeepsTwoActivationsInARow) {
  EXPECT_THAT(FoldSelections(Gated("relu", "tanh")).notes, IsEmpty());
}

TEST(FoldSelections, KeepsARowFunctionOverGroups) {
  EXPECT_THAT(FoldSelections(Gated("identity", "softmax", 8)).notes, IsEmpty());
}

// Twelve layers of one unit would take twelve times as long.
TEST(FoldSelections, KeepsWhatWouldBeWiderInPieces) {
  MlpBuilder builder(kInputs);
  builder.Add(12, "relu");
  for (uint32_t i = 0; i < 12; ++i) {
    builder.Add(Columns(i, 1), {1}, 1).Output("output" + std::to_string(i));
  }
  EXPECT_THAT(FoldSelections(builder.Build()).notes, IsEmpty());
}

TEST(FoldSelections, DropsWhatChangesNothing) {
  const model::Mlp mlp = MlpBuilder(kInputs)
                             .Combine("copy", {0})
                             .Add(Columns(0, kInputs), {1}, kInputs)
                             .From(2)
                             .Add(3, "relu")
                             .Add(Columns(0, 3), {3}, 3)
                             .Build();
  const Rewritten folded = FoldSelections(mlp);
  ASSERT_THAT(model::Validate(folded.mlp), IsOk());
  EXPECT_EQ(folded.mlp.layers.size(), 1u);
  EXPECT_EQ(folded.mlp.outputs[0].source, ValueId{1});
  EXPECT_EQ(folded.notes.front(), "dropped 'layer0': it changes nothing");
}

TEST(FoldSelections, KeepsAnOutputThatIsTheInput) {
  const model::Mlp mlp = MlpBuilder(kInputs).Add(Columns(0, kInputs), {0}, kInputs).Build();
  EXPECT_THAT(FoldSelections(mlp).notes, IsEmpty());
}

TEST(FoldSelections, KeepsAnActivationAndAPart) {
  const model::Mlp mlp = MlpBuilder(kInputs)
                             .Add(Columns(0, kInputs), {0}, kInputs, "relu")
                             .Add(Columns(0, kInputs - 1), {1}, kInputs - 1)
                             .Build();
  EXPECT_THAT(FoldSelections(mlp).notes, IsEmpty());
}

TEST(FoldSelections, KeepsEveryGraphValid) {
  constexpr std::string_view kActivations[] = {"identity", "identity", "relu", "softmax"};
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const model::Mlp mlp = testing::RandomGraph(seed, kActivations);
    EXPECT_THAT(model::Validate(FoldSelections(mlp).mlp), IsOk()) << "seed " << seed;
  }
}

TEST(FoldSelections, IsPartOfRewriting) {
  EXPECT_EQ(Plan::Compile(Gated("identity", "sigmoid"), {})->steps().size(), 4u);
  const auto plan =
      Plan::Compile(Gated("identity", "sigmoid"), {{.allow_non_finite = true, .rewrite = true}});
  EXPECT_EQ(plan->steps().size(), 3u);
  EXPECT_EQ(plan->rewrites().size(), 2u);
}

}  // namespace
}  // namespace hillock::engine
