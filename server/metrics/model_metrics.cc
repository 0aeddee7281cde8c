#include "server/metrics/model_metrics.h"

#include <algorithm>

namespace hillock::metrics {

void AddLayers(const ModelMetrics& version, LayerTotals& totals) {
  for (size_t l = 0; l < version.layers.size(); ++l) {
    const LayerLabels& labels = version.layers[l];
    LayerTotal& total = totals[{labels.layer, std::string(labels.activation->name)}];
    for (const ModelCells& shard : version.shards) {
      total.sampled += shard.sampled[l].Get();
      total.saturated += shard.saturated[l].Get();
      total.dead_units =
          std::max(total.dead_units, shard.dead_units[l].load(std::memory_order_relaxed));
    }
  }
}

void RetiredVersions::Add(const ModelMetrics& version) {
  auto& requests = requests_[version.version];
  for (const ModelCells& shard : version.shards) {
    for (size_t code = 0; code < kStatusCodes; ++code) {
      requests[code].Add(shard.requests[code]);
      cells_.requests[code].Add(shard.requests[code]);
    }
    cells_.total_nanos.Add(shard.total_nanos);
    cells_.queue_nanos.Add(shard.queue_nanos);
    cells_.compute_nanos.Add(shard.compute_nanos);
    cells_.batch_rows.Add(shard.batch_rows);
    cells_.rows.Add(shard.rows);
    for (size_t i = 0; i < kShedLabels.size(); ++i) cells_.shed[i].Add(shard.shed[i]);
  }
  AddLayers(version, layers_);
  for (auto& [key, total] : layers_) total.dead_units = 0;  // the dead leave with their version
}

uint64_t RetiredVersions::Requests(const std::string& version, size_t code) const {
  const auto it = requests_.find(version);
  return it == requests_.end() ? 0 : it->second[code].Get();
}

}  // namespace hillock::metrics
