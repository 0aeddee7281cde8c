// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/decode/input_shape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <vector>

namespace hillock::rpc {
namespace {

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

using Shape = std::vector<int64_t>;

struct Row {
  Shape declared;
  Shape got;
  std::optional<uint64_t> rows;
  bool shared = false;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << ShapeText(row.got) << " for " << ShapeText(row.declared);
}

class RowsOfTest : public ::testing::TestWithParam<Row> {};

TEST_P(RowsOfTest, FollowFromTheShape) {
  const auto& [declared, got, rows, shared] = GetParam();
  size_t width = 1;
  for (const int64_t size : declared) width *= static_cast<size_t>(size < 0 ? -size : size);
  const model::Input input{.name = "x", .shape = declared, .width = width, .shared = shared};
  EXPECT_EQ(RowsOf(got, input), rows);
}

constexpr auto kNone = std::nullopt;

INSTANTIATE_TEST_SUITE_P(
    Flat, RowsOfTest,
    ::testing::Values(Row{{-1, 6}, {1, 6}, 1}, Row{{-1, 6}, {7, 6}, 7}, Row{{-1, 6}, {6}, 1},
                      Row{{-1, 6}, {1, 1, 6}, 1}, Row{{-1, 6}, {7, 1, 6}, 7},
                      Row{{-1, 6}, {7, 6, 1}, 7}, Row{{-1, 6}, {12}, kNone},
                      Row{{-1, 6}, {6, 7}, kNone}, Row{{-1, 6}, {7, 5}, kNone},
                      Row{{-1, 6}, {7, 2, 3}, kNone}, Row{{-1, 6}, {0, 6}, kNone},
                      Row{{-1, 6}, {-1, 6}, kNone}, Row{{-1, 6}, {-1, -6}, kNone},
                      Row{{-1, 6}, {}, kNone}, Row{{-1, 6}, {kHuge, 6}, uint64_t{kHuge}},
                      Row{{-1, 6}, {6, kHuge}, kNone}, Row{{-1, 6}, {kHuge, kHuge, 6}, kNone},
                      Row{{-1, 6}, {1ll << 32, 1ll << 32, 6}, kNone}));

INSTANTIATE_TEST_SUITE_P(
    AnyRank, RowsOfTest,
    ::testing::Values(Row{{-1, 1, 2, 3}, {5, 1, 2, 3}, 5}, Row{{-1, 1, 2, 3}, {5, 2, 3}, 5},
                      Row{{-1, 1, 2, 3}, {5, 6}, 5}, Row{{-1, 1, 2, 3}, {2, 3}, 1},
                      Row{{-1, 1, 2, 3}, {6}, 1}, Row{{-1, 1, 2, 3}, {5, 3, 2}, kNone},
                      Row{{-1, 1, 2, 3}, {5, 1, 2, 4}, kNone}, Row{{-1}, {5}, 5},
                      Row{{-1}, {5, 1}, 5}, Row{{-1}, {}, 1}, Row{{-1, 1}, {5}, 5},
                      Row{{-1, 1}, {5, 1}, 5}, Row{{-1, 1}, {1, 5}, 5}, Row{{-1, 1}, {5, 2}, kNone},
                      Row{{1, -1, 3}, {1, 4, 3}, 4}, Row{{1, -1, 3}, {4, 3}, 4},
                      Row{{-3, 2}, {6, 2}, 2}, Row{{-3, 2}, {2, 6}, 2}, Row{{-3, 2}, {5, 2}, kNone},
                      Row{{-3, 2}, {3, 2}, 1}));

INSTANTIATE_TEST_SUITE_P(SingleRow, RowsOfTest,
                         ::testing::Values(Row{{54}, {54}, 1}, Row{{54}, {1, 54}, 1},
                                           Row{{54}, {7, 54}, 7}, Row{{54}, {53}, kNone},
                                           Row{{54}, {54, 7}, kNone}, Row{{2, 3}, {2, 3}, 1},
                                           Row{{2, 3}, {4, 2, 3}, 4}, Row{{2, 3}, {4, 6}, 4},
                                           Row{{2, 3}, {4, 3}, kNone}, Row{{}, {}, 1},
                                           Row{{}, {5}, 5}, Row{{}, {5, 1}, 5}));

INSTANTIATE_TEST_SUITE_P(Shared, RowsOfTest,
                         ::testing::Values(Row{{9}, {9}, 1, true}, Row{{9}, {1, 9}, 1, true},
                                           Row{{9}, {2, 9}, kNone, true},
                                           Row{{3, 3}, {3, 3}, 1, true}, Row{{3, 3}, {9}, 1, true},
                                           Row{{9}, {8}, kNone, true}));

TEST(WantedShapesTest, SaysWhatIsDeclaredAndWhatElseIsTaken) {
  const auto wanted = [](const Shape& shape, size_t width, bool shared = false) {
    return WantedShapes({.name = "x", .shape = shape, .width = width, .shared = shared});
  };
  EXPECT_EQ(wanted({-1, 6}, 6), "[rows, 6] with at least 1 row");
  EXPECT_EQ(wanted({-1, 2, 3}, 6), "[rows, 2, 3] or [rows, 6] with at least 1 row");
  EXPECT_EQ(wanted({-3, 2}, 6), "[3 x rows, 2] or [rows, 6] with at least 1 row");
  EXPECT_EQ(wanted({54}, 54), "[54] or [rows, 54] with at least 1 row");
  EXPECT_EQ(wanted({54}, 54, true), "[54]");
}

}  // namespace
}  // namespace hillock::rpc
