// SPDX-License-Identifier: Apache-2.0

// The curve-* models are activations, from outside: f(x) through gRPC against the table's
// reference.

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include "server/core/activation/activation.h"
#include "tests/conformance/ulp.h"
#include "tests/integration/support/examples.h"
#include "tests/support/reference.h"
#include "tests/support/status_matchers.h"

namespace hillock::testing {
namespace {

constexpr char kPrefix[] = "curve-";

// One for every activation of the table that maps numbers, so that none can lack its model.
std::vector<std::string> CurveNames() {
  std::vector<std::string> names;
  for (const activation::Spec& spec : activation::All()) {
    if (spec.scope != activation::Scope::kRow) names.push_back(kPrefix + std::string(spec.name));
  }
  return names;
}

// From end to end of where activations bend, and far out.
std::vector<float> Arguments() {
  std::vector<float> x = {0.0f, -0.0f, 1e-40f, -1e-40f, 1e-20f, -1e-20f, 1e-6f, -1e-6f};
  for (int i = -200; i <= 200; ++i) x.push_back(0.0625f * static_cast<float>(i) + 0.001f);
  for (const float far : {20.0f, 50.0f, 90.0f, 104.0f, 1e3f, 1e5f, 1e10f}) {
    x.insert(x.end(), {far, -far});
  }
  return x;
}

class CurvesTest : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string name_ = GetParam().substr(std::string(kPrefix).size());
  const activation::Spec* const spec_ = activation::Find(name_);
};

TEST_P(CurvesTest, FollowTheReference) {
  ASSERT_NE(spec_, nullptr);
  const auto params = activation::ResolveParams(*spec_, {});
  ASSERT_THAT(params, IsOk());
  const std::vector<float> x = Arguments();
  auto request = MakeRequest(GetParam(), 1, x);
  request.mutable_inputs(0)->set_name("x");
  const auto answer = Infer(ServerProcess::Shared(), request);
  ASSERT_THAT(answer, IsOk());
  ASSERT_EQ(answer->values.size(), x.size());
  const KernelError bound = spec_->onednn.algorithm.empty() ? FallbackError(*spec_) : kOneDnnError;
  for (size_t i = 0; i < x.size(); ++i) {
    const double want = spec_->reference(x[i], *params);
    if (UlpError(answer->values[i], want) <= spec_->tolerance.ulp) continue;  // both NaN included
    EXPECT_NEAR(answer->values[i], want, bound.relative * std::abs(want) + bound.absolute)
        << name_ << "(" << x[i] << ")";
  }
}

TEST(CurveModelsTest, AreThoseOfTheTableAndNoOthers) {
  std::vector<std::string> models;
  for (const auto& entry : std::filesystem::directory_iterator(HILLOCK_MODELS)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix)) models.push_back(name);
  }
  EXPECT_THAT(models, ::testing::UnorderedElementsAreArray(CurveNames()));
}

INSTANTIATE_TEST_SUITE_P(Models, CurvesTest, ::testing::ValuesIn(CurveNames()),
                         [](const auto& test) { return TestName(test.param); });

}  // namespace
}  // namespace hillock::testing
