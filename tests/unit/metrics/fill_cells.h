// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_METRICS_FILL_CELLS_H_
#define HILLOCK_TESTS_UNIT_METRICS_FILL_CELLS_H_

#include "server/metrics/model_metrics.h"
#include "server/metrics/reactor_cells.h"

namespace hillock::metrics {

// A visitor that counts one more in every cell.
struct FillCells {
  void operator()(const Family&, LabelList, Counter& cell) const { cell.Add(1); }
  void operator()(const Family&, LabelList, Gauge& cell) const { cell.Set(cell.Get() + 1); }
  template <class Scale>
  void operator()(const Family&, LabelList, Histogram<Scale>& cell) const {
    cell.Observe(1);
  }
  void operator()(const Family&, LabelList, Real& cell) const { cell.Add(1); }
  template <const auto& Bounds>
  void operator()(const Family&, LabelList, ValueHistogram<Bounds>& cell) const {
    activation::Tally<Bounds> one;
    one.Add(1);
    cell.Add(one);
  }
};

// All that are shown of one shard.
inline void FillShard(ModelCells& shard) {
  ModelCells::ForEachByVersion(FillCells(), shard);
  ModelCells::ForEachByModel(FillCells(), shard);
  for (LayerCells& layer : shard.layers) LayerCells::ForEach(FillCells(), layer);
}

inline void FillReactor(ReactorCells& reactor) {
  ReactorCells::ForEachUnrouted(FillCells(), reactor);
  ReactorCells::ForEachRestAnswer(FillCells(), reactor);
  for (ActivationCells& a : reactor.activations) ActivationCells::ForEach(FillCells(), a);
}

}  // namespace hillock::metrics

#endif  // HILLOCK_TESTS_UNIT_METRICS_FILL_CELLS_H_
