// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/totals.h"

#include <algorithm>

#include "server/core/activation/activation.h"

namespace hillock::metrics {

void AddLayers(const ModelMetrics& version, LayerTotals& totals) {
  for (size_t l = 0; l < version.layers.size(); ++l) {
    const LayerLabels& labels = version.layers[l];
    LayerCells& total = totals[{labels.layer, std::string(labels.activation->name)}];
    for (const ModelCells& shard : version.shards) {
      LayerCells::ForEach(AddCells(), total, shard.layers[l]);
      total.dead_units.Set(std::max(total.dead_units.Get(), shard.layers[l].dead_units.Get()));
    }
  }
}

// Counters go into the totals, gauges do not: they say what is there now. A version that is loaded
// again goes on from its own total, so by_version_ keeps it until Forget().
void RetiredVersions::Add(const ModelMetrics& version) {
  ModelCells& of_version = by_version_.try_emplace(version.version, 0).first->second;
  for (const ModelCells& shard : version.shards) {
    AddShard(AddCounters(), of_version, shard);
    ModelCells::ForEachByModel(AddCounters(), by_model_, shard);
  }
  AddLayers(version, layers_);
  for (auto& [key, total] : layers_) total.dead_units.Set(0);  // they leave with their version
}

void RetiredVersions::AddTo(const std::string& version, ModelCells& total) const {
  const auto it = by_version_.find(version);
  if (it != by_version_.end()) AddShard(AddCounters(), total, it->second);
}

}  // namespace hillock::metrics
