// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/combine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

#include "server/core/model/row_operation.h"
#include "tests/unit/core/kernel/row/every_isa.h"

namespace hillock::kernel::row {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

constexpr float kNumbers[] = {0.0f, -0.0f, 1.0f,  -1.0f, 0.5f,  -0.5f, 1.5f,  2.5f,
                              3.0f, -2.0f, 0.25f, 7.75f, 1e-3f, 40.0f, -40.0f};
constexpr float kSpecials[] = {kInf, -kInf, kNan, 3e38f, 1e-42f, 16777217.0f, 0.0f, 1.0f};

// Those that take a double or two to be exact: the library's, and what is made of them.
const std::set<std::string_view> kInexact = {"pow",  "fmod", "mod",  "atan2", "tan",   "asin",
                                             "acos", "sinh", "cosh", "asinh", "acosh", "atanh"};

class CombineOn : public OnIsa {
 protected:
  // Element `i` of source `k` in a list that pairs all numbers with each other.
  static float At(std::span<const float> numbers, size_t k, size_t i) {
    for (size_t step = 0; step < k; ++step) i /= numbers.size();
    return numbers[(i + k) % numbers.size()];
  }

  static void Expect(const model::Function& function, std::span<const float> numbers, size_t cols,
                     size_t narrow) {
    const size_t rows = numbers.size() * numbers.size() / cols + 2;
    std::vector<std::vector<float>> sources(function.arity);
    std::vector<size_t> widths(function.arity, cols);
    for (size_t k = 0; k < function.arity; ++k) {
      if (narrow >> k & 1) widths[k] = 1;
      for (size_t i = 0; i < rows * widths[k]; ++i) sources[k].push_back(At(numbers, k, i));
    }
    const auto got = RunKernel(Combine(function.name, widths, cols), sources, rows, cols);
    for (size_t i = 0; i < got.size(); ++i) {
      double x[3] = {};
      for (size_t k = 0; k < function.arity; ++k) {
        x[k] = sources[k][widths[k] == 1 ? i / cols : i];
      }
      const double want = function.reference(x[0], x[1], x[2]);
      ASSERT_TRUE(IsNear(got[i], want, kInexact.contains(function.name) ? 2 : 0))
          << function.name << "(" << x[0] << ", " << x[1] << ", " << x[2] << "), " << cols
          << " columns, narrow " << narrow << ": got " << got[i] << ", want " << want;
    }
  }
};

TEST_P(CombineOn, ComputesEveryFunctionOfTheModel) {
  for (const model::Function& function : model::Functions()) {
    ASSERT_TRUE(Combine::Has(function.name)) << function.name;
    for (const size_t cols : {1u, 5u, 16u, 37u}) {
      for (size_t narrow = 0; narrow < size_t{1} << function.arity; ++narrow) {
        Expect(function, kNumbers, cols, narrow);
      }
    }
  }
}

TEST_P(CombineOn, TreatsWhatIsNotFiniteAsTheReference) {
  for (const model::Function& function : model::Functions()) {
    if (function.name != "mod") Expect(function, kSpecials, 8, 0);
  }
}

TEST_P(CombineOn, MayTakeThePlaceOfASource) {
  const std::vector<std::vector<float>> sources = {std::vector<float>(3 * 37, 1.5f),
                                                   std::vector<float>(3, 2.5f)};
  for (const std::string_view function : {"add", "pow"}) {
    const Combine combine(function, std::vector<size_t>{37, 1}, 37);
    EXPECT_EQ(RunInPlace(combine, sources, 3), RunKernel(combine, sources, 3, 37));
  }
}

INSTANTIATE_TEST_SUITE_P(Every, CombineOn, ::testing::ValuesIn(testing::UsableIsas()), IsaName);

TEST(Combine, KnowsNoOther) { EXPECT_FALSE(Combine::Has("add ")); }

// The signs of a remainder are the divisor's, also where the quotient is far too large for a float.
TEST(Combine, TakesARemainderExactly) {
  const Combine mod("mod", std::vector<size_t>{4, 4}, 4);
  const auto got = RunKernel(mod, {{7, -7, 1e30f, -1e-30f}, {3, 3, 7, 2}}, 1, 4);
  EXPECT_EQ(got[0], 1);
  EXPECT_EQ(got[1], 2);
  EXPECT_EQ(got[2], std::fmod(1e30f, 7.0f));
  EXPECT_EQ(got[3], 2);
}

}  // namespace
}  // namespace hillock::kernel::row
