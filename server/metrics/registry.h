#ifndef HILLOCK_SERVER_METRICS_REGISTRY_H_
#define HILLOCK_SERVER_METRICS_REGISTRY_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/core/activation/activation.h"
#include "server/core/activation/backend.h"
#include "server/core/base/mutex.h"
#include "server/metrics/cells.h"
#include "server/metrics/model_metrics.h"

namespace hillock::metrics {

// Label values of `backend` and `path`, by position.
inline constexpr std::array<const char*, 2> kPathLabels = {"fused", "split"};
inline constexpr size_t kFused = 0;
inline constexpr size_t kSplit = 1;

// What one activation did on one reactor.
struct ActivationCells {
  std::array<TimeHistogram, kBackendNames.size()> seconds;
  std::array<Counter, kBackendNames.size()> timed_elements;
  std::array<std::array<Counter, kPathLabels.size()>, kBackendNames.size()> elements;
  std::array<TimeHistogram, kPathLabels.size()> layer_nanos;
};

// The cells of one reactor, written by it alone.
struct alignas(64) ReactorCells {
  ReactorCells();
  std::vector<ActivationCells> activations;    // by index in the table
  std::array<Counter, kStatusCodes> unrouted;  // requests that name no model served, by code
};

class Exposition;

// Everything the server exposes. Cells are handed out at start and when a model is loaded; a scrape
// adds up the shards. Thread-safe; Collect takes a lock that no hot path knows.
class Registry final : public prometheus::Collectable {
 public:
  // build: labels of hillock_build_info.
  Registry(size_t reactors, std::map<std::string, std::string> build);

  ReactorCells& reactor(size_t index) { return reactors_[index]; }

  // Cells for a model version; they are exposed as long as somebody else holds the answer. What
  // they have counted by then goes on counting under the model's name, so that no counter of a
  // model goes back when a version gives way to another.
  std::shared_ptr<ModelMetrics> AddModel(std::string model, std::string version,
                                         std::vector<LayerLabels> layers, ModelGauges gauges);

  // State of every model version, such as READY, as hillock_model_state shows it.
  struct ModelState {
    std::string model;
    std::string version;
    std::string state;
  };
  void SetModelStates(std::vector<ModelState> states);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  void RetireUnheld() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExposeModels(Exposition& out) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::map<std::string, std::string> build_;
  std::deque<ReactorCells> reactors_;
  mutable Mutex mutex_;
  mutable std::vector<std::shared_ptr<const ModelMetrics>> models_ ABSL_GUARDED_BY(mutex_);
  mutable std::map<std::string, RetiredVersions> retired_ ABSL_GUARDED_BY(mutex_);  // by model
  std::vector<ModelState> states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_REGISTRY_H_
