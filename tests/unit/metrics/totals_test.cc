// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/totals.h"

#include <gtest/gtest.h>

#include <string>

#include "server/core/activation/activation.h"
#include "tests/unit/metrics/fill_cells.h"

namespace hillock::metrics {
namespace {

// Counters and histograms have seen as much as `want` says, and gauges nothing.
struct ExpectCount {
  uint64_t want;
  void operator()(const Family& family, LabelList, const Counter& cell) const {
    EXPECT_EQ(cell.Get(), want) << family.name;
  }
  void operator()(const Family& family, LabelList, const Gauge& cell) const {
    EXPECT_EQ(cell.Get(), 0) << family.name << ": a gauge is of what is there";
  }
  template <class Scale>
  void operator()(const Family& family, LabelList, const Histogram<Scale>& cell) const {
    EXPECT_EQ(cell.Count(), want) << family.name;
    EXPECT_EQ(cell.Sum(), want) << family.name;
  }
  void operator()(const Family& family, LabelList, const Real& cell) const {
    EXPECT_EQ(cell.Get(), static_cast<double>(want)) << family.name;
  }
  template <const auto& Bounds>
  void operator()(const Family& family, LabelList, const ValueHistogram<Bounds>& cell) const {
    EXPECT_EQ(cell.Sum(), static_cast<double>(want)) << family.name;
  }
};

constexpr size_t kReactors = 2;

// A version whose every cell has counted once on each reactor.
class RetiredVersionsTest : public ::testing::Test {
 protected:
  RetiredVersionsTest() {
    version_.version = std::to_string(1);
    version_.layers = {{"fc1", activation::Find("relu")}};
    for (size_t i = 0; i < kReactors; ++i) {
      ModelCells& shard = version_.shards.emplace_back(1);
      FillShard(shard);
      shard.layers[0].dead_units.Set(static_cast<int64_t>(3 + i));
    }
  }

  ModelMetrics version_;
  RetiredVersions retired_;
};

TEST_F(RetiredVersionsTest, KeepEveryCounterOfAModel) {
  retired_.Add(version_);
  ModelCells::ForEachByModel(ExpectCount{kReactors}, retired_.cells());
  retired_.Add(version_);
  ModelCells::ForEachByModel(ExpectCount{2 * kReactors}, retired_.cells());
}

TEST_F(RetiredVersionsTest, KeepEveryCounterOfAVersionUntilItIsForgotten) {
  retired_.Add(version_);
  ModelCells total(0);
  retired_.AddTo("2", total);
  ModelCells::ForEachByVersion(ExpectCount{0}, total);
  retired_.AddTo("1", total);
  ModelCells::ForEachByVersion(ExpectCount{kReactors}, total);
  retired_.Forget("1");
  retired_.AddTo("1", total);
  ModelCells::ForEachByVersion(ExpectCount{kReactors}, total);
}

TEST_F(RetiredVersionsTest, KeepTheCountersOfLayersButNoDeadUnits) {
  retired_.Add(version_);
  ASSERT_EQ(retired_.layers().size(), 1u);
  const LayerCells& layer = retired_.layers().at({"fc1", "relu"});
  LayerCells::ForEach(ExpectCount{kReactors}, layer);
  EXPECT_EQ(layer.dead_units.Get(), 0);
}

TEST_F(RetiredVersionsTest, AddLayersTakesTheMostDeadUnitsOfAReactor) {
  LayerTotals totals;
  AddLayers(version_, totals);
  EXPECT_EQ(totals.at({"fc1", "relu"}).dead_units.Get(), 4);
}

}  // namespace
}  // namespace hillock::metrics
