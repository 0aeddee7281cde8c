// SPDX-License-Identifier: Apache-2.0

// No cell is forgotten by the ForEach functions, and so neither by what goes through them.

#include "server/metrics/model_metrics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "server/metrics/reactor_cells.h"

namespace hillock::metrics {
namespace {

using ::testing::IsEmpty;

// The bytes of an object that no cell that was visited covers.
class Coverage {
 public:
  template <class Object>
  explicit Coverage(const Object& object)
      : begin_(reinterpret_cast<const std::byte*>(&object)), covered_(sizeof(Object)) {}

  template <class Part>
  void Mark(const Part& part) {
    const auto at = static_cast<size_t>(reinterpret_cast<const std::byte*>(&part) - begin_);
    ASSERT_LE(at + sizeof(Part), covered_.size()) << "no part of the object";
    for (size_t i = 0; i < sizeof(Part); ++i) {
      EXPECT_FALSE(covered_[at + i]) << "byte " << at + i << " is visited twice";
      covered_[at + i] = true;
    }
  }

  // A visitor.
  auto Marker() {
    return [this](const Family&, LabelList, const auto& cell) { Mark(cell); };
  }

  std::vector<size_t> Gaps() const {
    std::vector<size_t> gaps;
    for (size_t i = 0; i < covered_.size(); ++i) {
      if (!covered_[i]) gaps.push_back(i);
    }
    return gaps;
  }

 private:
  const std::byte* begin_;
  std::vector<bool> covered_;
};

constexpr char kAdvice[] =
    "offsets of a cell that no ForEach function visits, or a new part for the list in this test";

TEST(ModelCells, VisitsEveryCell) {
  const ModelCells cells(2);
  Coverage coverage(cells);
  ModelCells::ForEachByVersion(coverage.Marker(), cells);
  ModelCells::ForEachByModel(coverage.Marker(), cells);
  coverage.Mark(cells.layers);      // LayerCells, below
  coverage.Mark(cells.nanos);       // ModelStatistics alone
  coverage.Mark(cells.last_batch);  // ModelStatistics alone
  EXPECT_THAT(coverage.Gaps(), IsEmpty()) << kAdvice;
}

TEST(LayerCells, VisitsEveryCell) {
  const LayerCells cells;
  Coverage coverage(cells);
  LayerCells::ForEach(coverage.Marker(), cells);
  coverage.Mark(cells.dead_units);  // the most, not the sum
  EXPECT_THAT(coverage.Gaps(), IsEmpty()) << kAdvice;
}

TEST(ActivationCells, VisitsEveryCell) {
  const ActivationCells cells;
  Coverage coverage(cells);
  ActivationCells::ForEach(coverage.Marker(), cells);
  EXPECT_THAT(coverage.Gaps(), IsEmpty()) << kAdvice;
}

// A structure with a cell that its function forgets, so that the tests above can fail.
struct ForgetfulCells {
  Counter visited;
  Counter forgotten;
  template <class Visit, class... Cells>
  static void ForEach(const Visit& visit, Cells&... cells) {
    visit(kRows, LabelList{}, cells.visited...);
  }
};

TEST(Coverage, FindsAForgottenCell) {
  const ForgetfulCells cells;
  Coverage coverage(cells);
  ForgetfulCells::ForEach(coverage.Marker(), cells);
  ASSERT_EQ(coverage.Gaps().size(), sizeof(Counter));
  EXPECT_EQ(coverage.Gaps().front(), offsetof(ForgetfulCells, forgotten));
}

TEST(ModelCells, GivesNoTwoCellsOneNameAndLabels) {
  const ModelCells cells(0);
  std::set<std::string> seen;
  const auto check = [&seen](const Family& family, LabelList labels, const auto&) {
    std::string sample(family.name);
    for (const auto& [name, value] : labels) {
      sample += fmt::format(" {}={}", name, value);
    }
    EXPECT_TRUE(seen.insert(sample).second) << sample;
  };
  ModelCells::ForEachByVersion(check, cells);
  ModelCells::ForEachByModel(check, cells);
}

TEST(ModelCells, CountsWhatIsShedByReason) {
  ModelCells cells(0);
  cells.CountShed(ShedReason::kExpired);
  for (size_t reason = 0; reason < cells.shed.size(); ++reason) {
    EXPECT_EQ(cells.shed[reason].Get(), kShedReasonNames[reason] == "expired" ? 1u : 0u);
  }
}

}  // namespace
}  // namespace hillock::metrics
