#ifndef HILLOCK_SERVER_METRICS_MODEL_METRICS_H_
#define HILLOCK_SERVER_METRICS_MODEL_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/clock.h"
#include "server/metrics/cells.h"

namespace hillock::metrics {

inline constexpr size_t kStatusCodes = 17;  // gRPC's, 0 to 16

// Values of the label `reason` of requests that were shed.
inline constexpr std::array<const char*, 6> kShedLabels = {
    "queue_rows", "queue_bytes", "queue_time", "deadline", "expired", "cancelled"};

// Nanoseconds of requests by how they ended. They are apart from the histograms, which have both,
// so that neither sum ever goes back.
struct OutcomeNanos {
  // Of those that succeeded: together all of their time.
  Counter queue;
  Counter compute;
  Counter answer;  // from computed to counted

  Counter failed;
};

// What one model did on one reactor.
struct alignas(64) ModelCells {
  explicit ModelCells(size_t layers) : sampled(layers), saturated(layers), dead_units(layers) {}

  std::array<Counter, kStatusCodes> requests;  // by gRPC status code
  TimeHistogram total_nanos;
  TimeHistogram queue_nanos;
  TimeHistogram compute_nanos;
  OutcomeNanos nanos;
  RowHistogram batch_rows;
  Counter rows;
  std::atomic<Nanos> last_batch{0};    // when it ended; 0 before the first
  std::atomic<int64_t> queue_rows{0};  // admitted and not yet answered; what its bounds count
  std::array<Counter, kShedLabels.size()> shed;  // by reason
  std::vector<Counter> sampled;                  // by layer
  std::vector<Counter> saturated;                // by layer
  std::vector<std::atomic<int64_t>> dead_units;  // by layer; before the first verdict 0
};

struct LayerLabels {
  std::string layer;
  const activation::Spec* activation;
};

struct ModelGauges {
  double load_seconds = 0;
  double bytes = 0;
};

// One model version: its labels, its gauges and a shard of cells for every reactor.
struct ModelMetrics {
  std::string model;
  std::string version;
  std::vector<LayerLabels> layers;
  ModelGauges gauges;
  std::deque<ModelCells> shards;  // by reactor
  std::atomic<bool> held{true};   // somebody may still write the shards
};

// What the layers of one name and activation tell together.
struct LayerTotal {
  uint64_t sampled = 0;
  uint64_t saturated = 0;
  int64_t dead_units = 0;
};
using LayerTotals = std::map<std::pair<std::string, std::string>, LayerTotal>;

// Adds what a version's layers tell to `totals`.
void AddLayers(const ModelMetrics& version, LayerTotals& totals);

// What the versions of a model that are gone have counted. Not thread-safe.
class RetiredVersions {
 public:
  // REQUIRES: nobody writes the version's cells any more.
  void Add(const ModelMetrics& version);

  // Forgets the requests of a version that nobody shows any more.
  void Forget(const std::string& version) { requests_.erase(version); }

  const ModelCells& cells() const { return cells_; }
  const LayerTotals& layers() const { return layers_; }

  // Requests of earlier loads of `version`, by gRPC status code.
  uint64_t Requests(const std::string& version, size_t code) const;

 private:
  ModelCells cells_{0};
  LayerTotals layers_;
  std::map<std::string, std::array<Counter, kStatusCodes>> requests_;  // by version
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_MODEL_METRICS_H_
