#include "server/core/engine/autotune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/support/mlp_builder.h"
#include "tests/support/status_matchers.h"

namespace hillock::engine {
namespace {

using ::hillock::testing::IsOk;
using ::hillock::testing::StatusIs;
using ::hillock::testing::UniformMlp;
using ::testing::HasSubstr;

activation::Params DefaultsOf(const activation::Spec& spec) {
  return *activation::ResolveParams(spec, {});
}

TEST(ChooseByTiming, StaysTheSameForAShapeAndActivation) {
  const auto first = UniformMlp({24, 40}, "tanh", 1);
  const auto second = UniformMlp({24, 40}, "tanh", 2);
  const Choice choice = ChooseByTiming(first.layers[0]);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ChooseByTiming(second.layers[0]), choice);
}

TEST(ChooseByTiming, NeverTakesOneDnnForASingleOutput) {
  const auto mlp = UniformMlp({300, 1}, "sigmoid", 1);
  EXPECT_EQ(ChooseByTiming(mlp.layers[0]).onednn_from, Choice::kNever);
}

TEST(ChooseByTiming, TakesTheFallbackForWhatOneDnnLacks) {
  const auto mlp = UniformMlp({24, 40}, "ncu", 1);
  EXPECT_EQ(ChooseByTiming(mlp.layers[0]).activation, Backend::kFallback);
}

TEST(ChooseByTiming, StaysWithF32UnlessBf16WasAskedFor) {
  const auto mlp = UniformMlp({512, 512}, "relu", 1);
  ChooseByTiming(mlp.layers[0], Precision::kBf16);
  EXPECT_EQ(ChooseByTiming(mlp.layers[0]).precision, Precision::kF32);
}

// The two would answer a row differently.
TEST(ChooseByTiming, MixesNoBackendsInALayerInBf16) {
  for (const size_t width : {8u, 64u, 512u}) {
    const auto mlp = UniformMlp({width, width}, "relu", 1);
    const Choice choice = ChooseByTiming(mlp.layers[0], Precision::kBf16);
    if (choice.precision == Precision::kBf16) {
      EXPECT_EQ(choice.onednn_from, 0u) << width;
    }
    EXPECT_EQ(ChooseByTiming(mlp.layers[0], Precision::kBf16), choice) << width;
  }
}

TEST(CheckBatchInvariance, TakesEveryShapeInBf16) {
  if (!kernel::onednn::HasFastBf16()) GTEST_SKIP() << "this CPU has neither AVX512_BF16 nor AMX";
  for (const std::vector<size_t>& widths :
       std::vector<std::vector<size_t>>{{1, 1}, {300, 1}, {33, 17}, {784, 512}}) {
    const auto mlp = UniformMlp(widths, "identity", 1);
    const model::Layer& layer = mlp.layers[0];
    const auto dense =
        kernel::onednn::Dense::Create(layer.inputs, layer.outputs, layer.weights, layer.bias,
                                      kBuckets, std::nullopt, Precision::kBf16);
    ASSERT_THAT(dense, IsOk());
    EXPECT_THAT(CheckBatchInvariance(**dense), IsOk()) << ::testing::PrintToString(widths);
  }
}

TEST(CheckBatchInvariance, NamesTheImplementationItRefuses) {
  const auto mlp = UniformMlp({300, 1}, "identity", 1);
  const model::Layer& layer = mlp.layers[0];
  const auto dense = kernel::onednn::Dense::Create(layer.inputs, layer.outputs, layer.weights,
                                                   layer.bias, kBuckets, std::nullopt);
  ASSERT_THAT(dense, IsOk());
  EXPECT_THAT(CheckBatchInvariance(**dense),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("answers a row differently in different batches")));
}

TEST(CheckNonFinite, TakesWhatIsOnlyArithmetic) {
  const activation::Spec& leaky = *activation::Find("leaky_relu");
  EXPECT_THAT(CheckNonFinite(leaky, DefaultsOf(leaky)), IsOk());
}

TEST(CheckNonFinite, SaysThatOneDnnLacksAnActivation) {
  const activation::Spec& ncu = *activation::Find("ncu");
  EXPECT_THAT(CheckNonFinite(ncu, DefaultsOf(ncu)),
              StatusIs(absl::StatusCode::kUnimplemented, "oneDNN has no algorithm for 'ncu'"));
}

#if defined(__x86_64__)
TEST(CheckNonFinite, SeesThatOneDnnsReluLosesNan) {
  const activation::Spec& relu = *activation::Find("relu");
  EXPECT_THAT(CheckNonFinite(relu, DefaultsOf(relu)),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       "oneDNN eltwise_relu makes 0 of nan, want nan"));
}
#endif

}  // namespace
}  // namespace hillock::engine
