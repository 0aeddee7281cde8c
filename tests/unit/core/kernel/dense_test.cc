// SPDX-License-Identifier: Apache-2.0

// The fallback's dense layer on every instruction set, at the shapes and row counts where it
// changes how it reads: one panel or many, the last one narrow; rows so far apart that they are
// copied; weights so large that they are fetched ahead; inputs that end within a cache line.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "server/core/kernel/fallback.h"
#include "tests/conformance/isa.h"
#include "tests/support/random.h"

namespace hillock::kernel::fallback {
namespace {

using ::hillock::testing::Isa;
using ::hillock::testing::Random;
using ::hillock::testing::ScopedIsa;
using ::hillock::testing::UsableIsas;

constexpr size_t kMaxRows = 61;

struct Shape {
  size_t inputs;
  size_t outputs;
};

class DenseOn : public ::testing::TestWithParam<std::tuple<Isa, Shape>> {
 protected:
  const ScopedIsa isa_{std::get<0>(GetParam())};
  const size_t inputs_ = std::get<1>(GetParam()).inputs;
  const size_t outputs_ = std::get<1>(GetParam()).outputs;
  const std::vector<float> weights_ = Random(1).Floats(inputs_ * outputs_, -1, 1);
  const std::vector<float> bias_ = Random(2).Floats(outputs_, -1, 1);
  const std::vector<float> src_ = Random(3).Floats(inputs_ * kMaxRows, -1, 1);
  const Dense dense_{inputs_, outputs_, weights_, bias_};

  // Of `rows` rows from `first` on.
  std::vector<float> Run(size_t first, size_t rows) const {
    std::vector<float> dst(rows * outputs_);
    dense_.Run(src_.data() + first * inputs_, dst.data(), rows);
    return dst;
  }
};

// In double, which is exact beside floats; each of a sum's steps may round once.
TEST_P(DenseOn, IsTheSumOfTheProducts) {
  const std::vector<float> dst = Run(0, kMaxRows);
  for (size_t r = 0; r < kMaxRows; r += 5) {
    for (size_t o = 0; o < outputs_; ++o) {
      double sum = bias_[o];
      double magnitude = std::abs(sum);
      for (size_t i = 0; i < inputs_; ++i) {
        const double product = double{weights_[o * inputs_ + i]} * double{src_[r * inputs_ + i]};
        sum += product;
        magnitude += std::abs(product);
      }
      const double bound = std::ldexp(magnitude, -24) * static_cast<double>(inputs_ + 2);
      ASSERT_NEAR(dst[r * outputs_ + o], sum, bound) << "row " << r << ", output " << o;
    }
  }
}

TEST_P(DenseOn, GivesARowTheSameBitsAmongAnyOthers) {
  const std::vector<float> all = Run(0, kMaxRows);
  for (const size_t rows : {1, 2, 3, 7, 8, 9, 11, 12, 13, 20, 24, 47, 48, 49, 60}) {
    for (const size_t first : {size_t{0}, kMaxRows - rows}) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(first * outputs_);
      const std::vector<float> want(from, from + static_cast<std::ptrdiff_t>(rows * outputs_));
      ASSERT_EQ(Run(first, rows), want) << rows << " rows from " << first;
    }
  }
}

constexpr Shape kShapes[] = {{1, 1}, {5, 33}, {784, 40}, {1024, 48}, {1030, 1024}, {2048, 513}};

std::string NameOf(const ::testing::TestParamInfo<DenseOn::ParamType>& test) {
  const Shape& shape = std::get<1>(test.param);
  return fmt::format("{}_{}x{}", std::get<0>(test.param).name, shape.inputs, shape.outputs);
}

INSTANTIATE_TEST_SUITE_P(Kernel, DenseOn,
                         ::testing::Combine(::testing::ValuesIn(UsableIsas()),
                                            ::testing::ValuesIn(kShapes)),
                         NameOf);

}  // namespace
}  // namespace hillock::kernel::fallback
