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
#include "absl/synchronization/mutex.h"
#include "server/activation/activation.h"
#include "server/activation/backend.h"
#include "server/metrics/cells.h"

namespace hillock::metrics {

// Label values of `backend` and `path`, by position.
inline constexpr std::array<const char*, 2> kPathLabels = {"fused", "split"};
inline constexpr size_t kFused = 0;
inline constexpr size_t kSplit = 1;

inline constexpr size_t kStatusCodes = 17;  // gRPC's, 0 to 16

// Values of the label `reason` of requests that were shed.
inline constexpr std::array<const char*, 5> kShedLabels = {"queue_rows", "queue_bytes",
                                                           "queue_time", "deadline", "expired"};

// What one activation did on one reactor.
struct ActivationCells {
  std::array<TimeHistogram, kBackendNames.size()> seconds;
  std::array<Counter, kBackendNames.size()> timed_elements;
  std::array<std::array<Counter, kPathLabels.size()>, kBackendNames.size()> elements;
  std::array<TimeHistogram, kPathLabels.size()> layer_seconds;
};

// What one model did on one reactor.
struct alignas(64) ModelCells {
  explicit ModelCells(size_t layers) : sampled(layers), saturated(layers), dead_units(layers) {}

  std::array<Counter, kStatusCodes> requests;  // by gRPC status code
  TimeHistogram total_seconds;
  TimeHistogram queue_seconds;
  TimeHistogram compute_seconds;
  RowHistogram batch_rows;
  Counter rows;
  std::atomic<int64_t> queue_rows{0};
  std::array<Counter, kShedLabels.size()> shed;  // by reason
  std::vector<Counter> sampled;                  // by layer
  std::vector<Counter> saturated;                // by layer
  std::vector<std::atomic<int64_t>> dead_units;  // by layer; before the first verdict 0
};

// The cells of one reactor, written by it alone.
struct alignas(64) ReactorCells {
  ReactorCells();
  std::vector<ActivationCells> activations;    // by index in the table
  std::array<Counter, kStatusCodes> unrouted;  // requests that name no model served, by code
};

struct LayerLabels {
  std::string layer;
  const activation::Spec* activation;
};

// One model version: its labels, its gauges and a shard of cells for every reactor.
struct ModelMetrics {
  std::string model;
  std::string version;
  std::vector<LayerLabels> layers;
  double load_seconds = 0;
  double bytes = 0;
  std::deque<ModelCells> shards;  // by reactor
};

// Everything the server exposes. Cells are handed out at start and when a model is loaded; a scrape
// adds up the shards. Thread-safe; Collect takes a lock that no hot path knows.
class Registry final : public prometheus::Collectable {
 public:
  // build: labels of hillock_build_info.
  Registry(size_t reactors, std::map<std::string, std::string> build);

  ReactorCells& reactor(size_t index) { return reactors_[index]; }

  // Cells for a model version; they are exposed as long as somebody holds the answer.
  std::shared_ptr<ModelMetrics> AddModel(std::string model, std::string version,
                                         std::vector<LayerLabels> layers);

  // State of every model version, such as READY, as hillock_model_state shows it.
  struct ModelState {
    std::string model;
    std::string version;
    std::string state;
  };
  void SetModelStates(std::vector<ModelState> states);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  // By name, so that the versions of a model stand together.
  std::map<std::string, std::vector<std::shared_ptr<const ModelMetrics>>> LiveModels() const;

  std::map<std::string, std::string> build_;
  std::deque<ReactorCells> reactors_;
  mutable absl::Mutex mutex_;
  std::vector<std::weak_ptr<const ModelMetrics>> models_ ABSL_GUARDED_BY(mutex_);
  std::vector<ModelState> states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_REGISTRY_H_
