// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/scale.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/random.h"
#include "tests/unit/core/kernel/row/every_isa.h"

namespace hillock::kernel::row {
namespace {

using ::hillock::testing::Random;

class ScaleOn : public OnIsa {};

TEST_P(ScaleOn, MultipliesAndAdds) {
  for (const size_t cols : {1u, 7u, 16u, 41u}) {
    const auto scale = Random(1).Floats(cols, -2, 2);
    const auto shift = Random(2).Floats(cols, -2, 2);
    const auto x = Random(3).Floats(3 * cols, -2, 2);
    const auto got = RunKernel(Scale(scale, shift), {x}, 3, cols);
    EXPECT_EQ(RunInPlace(Scale(scale, shift), {x}, 3), got);
    for (size_t i = 0; i < x.size(); ++i) {
      const double product = double{scale[i % cols]} * double{x[i]};
      EXPECT_NEAR(got[i], product + double{shift[i % cols]}, 1e-6) << cols << " columns, " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, ScaleOn, ::testing::ValuesIn(testing::UsableIsas()), IsaName);

}  // namespace
}  // namespace hillock::kernel::row
