// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "tests/unit/core/kernel/row/every_isa.h"

namespace hillock::kernel::row {
namespace {

using ::testing::ElementsAre;

std::vector<float> Selected(const std::vector<uint32_t>& columns,
                            const std::vector<std::vector<float>>& sources, size_t rows) {
  std::vector<size_t> widths;
  for (const auto& source : sources) widths.push_back(source.size() / rows);
  return RunKernel(Select(columns, widths), sources, rows, columns.size());
}

TEST(Select, CutsJoinsRepeatsAndReorders) {
  const std::vector<float> a = {0, 1, 2, 10, 11, 12};
  const std::vector<float> b = {3, 13};
  EXPECT_THAT(Selected({1, 2}, {a}, 2), ElementsAre(1, 2, 11, 12));
  EXPECT_THAT(Selected({0, 1, 2, 3}, {a, b}, 2), ElementsAre(0, 1, 2, 3, 10, 11, 12, 13));
  EXPECT_THAT(Selected({3, 3, 0, 2}, {a, b}, 2), ElementsAre(3, 3, 0, 2, 13, 13, 10, 12));
}

TEST(Select, CopiesLongPiecesAndShortOnes) {
  constexpr size_t kWidth = 100;
  std::vector<float> x(3 * kWidth);
  std::iota(x.begin(), x.end(), 0.0f);
  std::vector<uint32_t> columns(kWidth);
  std::iota(columns.begin(), columns.end(), 0u);
  for (const int by : {1, 7, 8, 50}) {
    std::ranges::rotate(columns, columns.begin() + by);
    const auto got = Selected(columns, {x}, 3);
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i], x[i / kWidth * kWidth + columns[i % kWidth]]) << "by " << by << ", " << i;
    }
  }
}

}  // namespace
}  // namespace hillock::kernel::row
