// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "server/core/model/row_operation.h"
#include "tests/support/random.h"
#include "tests/unit/core/kernel/row/every_isa.h"

namespace hillock::kernel::row {
namespace {

using ::hillock::testing::Random;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class ReduceOn : public OnIsa {
 protected:
  // Groups of n; sums of both signs may cancel, so they are near beside the sum of magnitudes.
  static void Expect(const model::Reduction& reduction, const std::vector<float>& x, size_t n,
                     size_t rows) {
    const size_t outputs = x.size() / n / rows;
    const auto got = RunKernel(Reduce(reduction.name, n * outputs, outputs), {x}, rows, outputs);
    for (size_t g = 0; g < got.size(); ++g) {
      const std::vector<double> group(x.begin() + static_cast<ptrdiff_t>(g * n),
                                      x.begin() + static_cast<ptrdiff_t>((g + 1) * n));
      const double want = reduction.reference(group);
      ASSERT_TRUE(IsNear(got[g], want, 1)) << reduction.name << " of " << n << ", group " << g
                                           << ": got " << got[g] << ", want " << want;
    }
  }
};

TEST_P(ReduceOn, ComputesEveryReductionOfTheModel) {
  for (const model::Reduction& reduction : model::Reductions()) {
    ASSERT_TRUE(Reduce::Has(reduction.name)) << reduction.name;
    for (const size_t n : {1u, 2u, 3u, 8u, 15u, 33u, 100u}) {
      Expect(reduction, Random(1).Floats(6 * n, -1.5, 2), n, 3);
      Expect(reduction, Random(2).Floats(4 * n, 1000, 1001), n, 1);
    }
  }
}

TEST_P(ReduceOn, TreatsWhatIsNotFiniteAsTheReference) {
  for (const float special : {kInf, -kInf, kNan}) {
    for (const model::Reduction& reduction : model::Reductions()) {
      for (const size_t at : {0u, 7u, 39u}) {
        std::vector<float> x = Random(3).Floats(40, -1, 1);
        x[at] = special;
        Expect(reduction, x, 40, 1);
      }
    }
  }
}

TEST_P(ReduceOn, FindsTheFirstOrTheLastOfEqualOnes) {
  const std::vector<float> x = {1, 3, 0, 3, 0, 2};
  const auto position = [&](std::string_view name) {
    return RunKernel(Reduce(name, 6, 1), {x}, 1, 1)[0];
  };
  EXPECT_EQ(position("argmax"), 1);
  EXPECT_EQ(position("argmax_last"), 3);
  EXPECT_EQ(position("argmin"), 2);
  EXPECT_EQ(position("argmin_last"), 4);
}

INSTANTIATE_TEST_SUITE_P(Every, ReduceOn, ::testing::ValuesIn(testing::UsableIsas()), IsaName);

TEST(Reduce, KnowsNoOther) { EXPECT_FALSE(Reduce::Has("median")); }

}  // namespace
}  // namespace hillock::kernel::row
