// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/tuning/numeric_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "server/core/base/precision.h"
#include "server/core/engine/buckets.h"
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

// Without AVX512_BF16 or AMX oneDNN makes no primitive in bf16, so that there is none to check.
TEST(CheckBatchInvariance, TakesEveryShapeInBf16) {
  if (!kernel::onednn::IsFast(Precision::kBf16)) GTEST_SKIP() << SpecOf(Precision::kBf16).slow_cpu;
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
