// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/normalize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "tests/support/random.h"
#include "tests/unit/core/kernel/row/every_isa.h"

namespace hillock::kernel::row {
namespace {

using ::hillock::testing::Random;
using ::testing::Each;
using ::testing::IsNan;

constexpr size_t kRows = 3;

// In double, by the definition.
std::vector<double> Normalized(std::span<const float> x, bool centered, double epsilon) {
  const auto n = static_cast<double>(x.size());
  double mean = 0;
  double square = 0;
  for (const double v : x) mean += centered ? v : 0;
  mean /= n;
  for (const double v : x) square += (v - mean) * (v - mean);
  std::vector<double> y;
  for (const double v : x) y.push_back((v - mean) / std::sqrt(square / n + epsilon));
  return y;
}

class NormalizeOn : public OnIsa {
 protected:
  static void Expect(const Normalize::Form& form, const std::vector<float>& x,
                     std::span<const float> scale, std::span<const float> shift, double tolerance) {
    const size_t columns = x.size() / kRows;
    const auto got = RunKernel(Normalize(form, columns, scale, shift), {x}, kRows, columns);
    EXPECT_EQ(RunInPlace(Normalize(form, columns, scale, shift), {x}, kRows), got);
    for (size_t first = 0; first < x.size(); first += form.group) {
      const auto group = std::span(x).subspan(first, form.group);
      const auto plain = Normalized(group, form.centered, double{form.epsilon});
      for (size_t i = 0; i < form.group; ++i) {
        const size_t column = (first + i) % columns;
        const double want = plain[i] * (scale.empty() ? 1 : double{scale[column]}) +
                            (shift.empty() ? 0 : double{shift[column]});
        ASSERT_NEAR(got[first + i], want, tolerance * (1 + std::abs(want)))
            << "group of " << form.group << " at " << first << ", element " << i;
      }
    }
  }
};

TEST_P(NormalizeOn, IsWhatTheDefinitionSays) {
  for (const bool centered : {true, false}) {
    for (const size_t group : {1u, 2u, 5u, 16u, 40u, 83u}) {
      const size_t columns = 2 * group;
      const auto x = Random(1).Floats(kRows * columns, -1, 2);
      const auto scale = Random(2).Floats(columns, -2, 2);
      const auto shift = Random(3).Floats(columns, -1, 1);
      Expect({centered, 1e-5f, group}, x, scale, shift, 1e-6);
      Expect({centered, 1e-5f, group}, x, {}, {}, 1e-6);
    }
  }
}

// The deviations are those of the floats, which are 2^-10 apart here.
TEST_P(NormalizeOn, SeesSmallDeviationsFromALargeMean) {
  std::vector<float> x = Random(4).Floats(kRows * 40, -0.5, 0.5);
  for (float& v : x) v += 10000;
  Expect({true, 1e-5f, 40}, x, {}, {}, 1e-6);
}

TEST_P(NormalizeOn, MakesNoNumberOfWhatIsNotFinite) {
  for (const float special :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    for (const size_t at : {0u, 5u}) {
      std::vector<float> x = Random(5).Floats(20, -1, 1);
      x[at] = special;
      EXPECT_THAT(RunKernel(Normalize({true, 1e-5f, 20}, 20, {}, {}), {x}, 1, 20), Each(IsNan()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, NormalizeOn, ::testing::ValuesIn(testing::UsableIsas()), IsaName);

}  // namespace
}  // namespace hillock::kernel::row
