// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_METRICS_REGISTRY_H_
#define HILLOCK_SERVER_METRICS_REGISTRY_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/core/base/mutex.h"
#include "server/metrics/model_metrics.h"
#include "server/metrics/reactor_cells.h"
#include "server/metrics/totals.h"

namespace hillock::metrics {

class Exposition;

// Everything the server exposes. Cells are handed out at start and when a model is loaded; a scrape
// adds up the shards. Thread-safe; Collect() takes a lock that no hot path takes.
class Registry final : public prometheus::Collectable {
 public:
  // build: labels of hillock_build_info.
  Registry(size_t reactors, std::map<std::string, std::string> build);

  ReactorCells& reactor(size_t index) { return reactors_[index]; }

  // Cells for a model version. They are exposed as long as somebody else holds the answer; after
  // that their counts stay part of the model's totals, so that no counter of a model goes back when
  // one version replaces another.
  std::shared_ptr<ModelMetrics> AddModel(std::string model, std::string version,
                                         std::vector<LayerLabels> layers, ModelGauges gauges);

  // State of every model version, such as READY, as hillock_model_state shows it.
  struct VersionState {
    std::string model;
    std::string version;
    std::string state;
  };
  void SetModelStates(std::vector<VersionState> states);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  void RetireUnheld() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExposeModels(Exposition& out) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::map<std::string, std::string> build_;
  std::deque<ReactorCells> reactors_;
  mutable Mutex mutex_;
  mutable std::vector<std::shared_ptr<const ModelMetrics>> models_ ABSL_GUARDED_BY(mutex_);
  mutable std::map<std::string, RetiredVersions> retired_ ABSL_GUARDED_BY(mutex_);  // by model
  std::vector<VersionState> states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_REGISTRY_H_
