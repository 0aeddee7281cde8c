// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_METRICS_REGISTRY_H_
#define HILLOCK_SERVER_METRICS_REGISTRY_H_

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/core/base/mutex.h"
#include "server/metrics/model_metrics.h"
#include "server/metrics/reactor_cells.h"
#include "server/metrics/token_cells.h"
#include "server/metrics/totals.h"

namespace hillock::metrics {

class Exposition;

// Everything the server exposes. Cells are handed out at start and when a model is loaded; a scrape
// adds up the shards. Thread-safe; Collect() takes a lock that no hot path takes.
class Registry {
 public:
  // build: labels of hillock_build_info. triton_names: see triton_names.h.
  Registry(size_t reactors, std::map<std::string, std::string> build, bool triton_names = false);

  ReactorCells& reactor(size_t index) { return reactors_[index]; }

  // Cells for a model version. They are exposed as long as somebody else holds the answer; after
  // that their counts stay part of the model's totals, so that no counter of a model goes back when
  // one version replaces another.
  std::shared_ptr<ModelMetrics> AddModel(std::string model, std::string version,
                                         std::vector<LayerLabels> layers, ModelGauges gauges);

  // The cells of the tokens of this name; the same ones each time, so that the count goes on when
  // tokens are replaced. They live as long as this.
  TokenCells& AddToken(const std::string& name);

  // State of every model version, such as READY, as hillock_model_state shows it.
  struct VersionState {
    std::string model;
    std::string version;
    std::string state;
  };
  void SetModelStates(std::vector<VersionState> states);

  // What is read at each scrape, as it has no cells.
  struct ServerReadings {
    struct Reactor {
      size_t connections = 0;
      size_t calls = 0;
    };
    std::vector<Reactor> reactors = {};
    size_t buffered_bytes = 0;
    size_t buffered_limit_bytes = 0;
    size_t memory_limit_bytes = 0;
    std::optional<int64_t> certificate_expiry = {};  // seconds since the epoch
  };

  // From now on scrapes show what `read` returns, on the thread that scrapes.
  void ReadServerWith(std::function<ServerReadings()> read);

  std::vector<prometheus::MetricFamily> Collect() const;

  // By model, of the total time of its requests.
  std::map<std::string, BucketExemplars> CollectExemplars() const;

 private:
  void RetireUnheld() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExposeTokens(Exposition& out) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExposeModels(Exposition& out) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::map<std::string, std::string> build_;
  const bool triton_names_;
  std::deque<ReactorCells> reactors_;
  mutable Mutex mutex_;
  mutable std::vector<std::shared_ptr<const ModelMetrics>> models_ ABSL_GUARDED_BY(mutex_);
  mutable std::map<std::string, RetiredVersions> retired_ ABSL_GUARDED_BY(mutex_);  // by model
  std::map<std::string, TokenCells> tokens_ ABSL_GUARDED_BY(mutex_);                // by name
  std::vector<VersionState> states_ ABSL_GUARDED_BY(mutex_);
  std::function<ServerReadings()> read_server_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_REGISTRY_H_
