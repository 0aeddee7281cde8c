// SPDX-License-Identifier: Apache-2.0

// Sums of cells, over reactors and over versions that come and go.

#ifndef HILLOCK_SERVER_METRICS_TOTALS_H_
#define HILLOCK_SERVER_METRICS_TOTALS_H_

#include <map>
#include <string>
#include <utility>

#include "server/metrics/cells.h"
#include "server/metrics/families.h"
#include "server/metrics/model_metrics.h"

namespace hillock::metrics {

// A visitor of two structures of cells that adds the second to the first.
struct AddCells {
  template <class Cell>
  void operator()(const Family&, LabelList, Cell& total, const Cell& cell) const {
    total.Add(cell);
  }
};

// The same without gauges, which show what is there now.
struct AddCounters : AddCells {
  using AddCells::operator();
  void operator()(const Family&, LabelList, Gauge&, const Gauge&) const {}
};

// Adds all cells of a version on one reactor but those of its layers. `add`: one of the above.
template <class Add>
void AddShard(const Add& add, ModelCells& total, const ModelCells& shard) {
  ModelCells::ForEachByVersion(add, total, shard);
  ModelCells::ForEachByModel(add, total, shard);
  total.nanos.Add(shard.nanos);
}

// By layer and activation: what the layers of these names did together.
using LayerTotals = std::map<std::pair<std::string, std::string>, LayerCells>;

// Adds the layers of a version; dead units are the most that any reactor has found.
void AddLayers(const ModelMetrics& version, LayerTotals& totals);

// What the unloaded versions of a model have counted, so that no counter goes back when one version
// replaces another. Not thread-safe.
class RetiredVersions {
 public:
  // REQUIRES: nobody writes the version's cells any more.
  void Add(const ModelMetrics& version);

  // Forgets what is shown by version, of a version that nobody shows any more.
  void Forget(const std::string& version) { by_version_.erase(version); }

  // Its cells by model.
  const ModelCells& cells() const { return by_model_; }
  const LayerTotals& layers() const { return layers_; }

  // Adds the counters of earlier loads of `version`.
  void AddTo(const std::string& version, ModelCells& total) const;

 private:
  ModelCells by_model_{0};
  std::map<std::string, ModelCells> by_version_;
  LayerTotals layers_;
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_TOTALS_H_
