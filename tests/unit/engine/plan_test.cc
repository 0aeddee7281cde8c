#include "server/engine/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/mlp_builder.h"
#include "tests/unit/engine/engine_case.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::MlpBuilder;
using ::hillock::testing::UniformMlp;
using ::testing::IsEmpty;

TEST(Buckets, AscendFromOneRow) {
  EXPECT_EQ(Plan::buckets().front(), 1u);
  EXPECT_TRUE(std::ranges::is_sorted(Plan::buckets()));
  EXPECT_EQ(Plan::max_rows(), Plan::buckets().back());
}

TEST(Buckets, AreTheSmallestThatHoldTheRows) {
  for (size_t rows = 1; rows <= Plan::max_rows(); ++rows) {
    const size_t bucket = Plan::BucketFor(rows);
    EXPECT_GE(Plan::buckets()[bucket], rows);
    EXPECT_TRUE(bucket == 0 || Plan::buckets()[bucket - 1] < rows) << rows;
  }
}

TEST(Backends, HaveTheNamesThatMetricsShow) {
  EXPECT_EQ(BackendName(Backend::kOneDnn), "onednn");
  EXPECT_EQ(BackendName(Backend::kFallback), "fallback");
}

class PlanOf : public ::testing::TestWithParam<EngineCase> {
 protected:
  static const activation::Spec& spec() { return *GetParam().spec; }
  static bool on_fallback() { return GetParam().backend == Backend::kFallback; }
  static bool is_identity() { return spec().name == "identity"; }
  static bool in_onednn() {
    return !on_fallback() &&
           kernel::onednn::AlgorithmOf(spec(), *activation::ResolveParams(spec(), {})).has_value();
  }
  static bool can_fuse() { return in_onednn() && spec().scope == activation::Scope::kElementwise; }
};

// Whether oneDNN's dense layer is good enough is the machine's to say, so the plan is asked.
TEST_P(PlanOf, TakesTheBackendsAndPathThatTheTableSays) {
  const auto plan = Plan::Compile(UniformMlp({5, 7, 3}, spec().name, 1), {GetParam().backend});
  for (const Step& step : plan->steps()) {
    const bool dense_in_onednn = step.dense_backend == Backend::kOneDnn;
    EXPECT_FALSE(on_fallback() && dense_in_onednn);
    EXPECT_EQ(step.onednn_dense != nullptr, dense_in_onednn);
    EXPECT_EQ(step.fallback_dense != nullptr, !dense_in_onednn);
    EXPECT_EQ(step.fused, is_identity() || (can_fuse() && dense_in_onednn));
    EXPECT_EQ(step.is_identity(), is_identity());
    EXPECT_EQ(step.activation_backend, in_onednn() ? Backend::kOneDnn : Backend::kFallback);
    EXPECT_EQ(step.onednn_activation != nullptr, in_onednn() && !is_identity());
    EXPECT_EQ(step.fallback_activation != nullptr, !in_onednn() && !is_identity());
  }
}

TEST_P(PlanOf, NotesNothingWhenAskedForTheFallback) {
  const auto plan = Plan::Compile(UniformMlp({5, 7, 1}, spec().name, 1), {Backend::kFallback});
  EXPECT_THAT(plan->notes(), IsEmpty());
}

TEST_P(PlanOf, HoldsAtLeastTheWeights) {
  const auto plan = Plan::Compile(UniformMlp({5, 7, 3}, spec().name, 1), {GetParam().backend});
  EXPECT_GE(plan->bytes(), (5 * 7 + 7 + 7 * 3 + 3) * sizeof(float));
}

INSTANTIATE_TEST_SUITE_P(Every, PlanOf, ::testing::ValuesIn(EveryEngineCase()), NameOf);

TEST(Plan, KeepsTheModelsNamesSizesAndNormalization) {
  const model::Mlp mlp = MlpBuilder(5).Add(7, "prelu").Add(3, "relu").Normalized().Build();
  const auto plan = Plan::Compile(mlp, {});
  EXPECT_EQ(plan->inputs(), 5u);
  EXPECT_EQ(plan->outputs(), 3u);
  EXPECT_EQ(plan->steps()[0].name, "layer0");
  EXPECT_EQ(plan->steps()[0].slopes, mlp.layers[0].slopes);
  EXPECT_EQ(plan->steps()[1].name, "layer1");
  EXPECT_TRUE(std::ranges::equal(plan->offset(), mlp.offset));
  EXPECT_TRUE(std::ranges::equal(plan->scale(), mlp.scale));
}

}  // namespace
}  // namespace hillock::engine
