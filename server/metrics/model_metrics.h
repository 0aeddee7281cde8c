// SPDX-License-Identifier: Apache-2.0

// What is counted of a model. To add a metric: a cell here, a line for it in the ForEach function
// below it, and its family in families.h. Everything that reads cells goes through the ForEach
// functions: the scrape, and the totals of versions that were unloaded.

#ifndef HILLOCK_SERVER_METRICS_MODEL_METRICS_H_
#define HILLOCK_SERVER_METRICS_MODEL_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "server/metrics/cells.h"
#include "server/metrics/exemplars.h"
#include "server/metrics/families.h"
#include "server/metrics/shed_reason.h"

namespace hillock::activation {
struct Spec;
}

namespace hillock::metrics {

// gRPC's status codes by number: values of the label `code`.
inline constexpr std::array<std::string_view, 17> kStatusCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
inline constexpr size_t kStatusCodes = kStatusCodeNames.size();

// Nanoseconds of requests by how they ended, for ModelStatistics. The histograms below have both
// kinds of requests; a difference of two sums could go back.
struct OutcomeNanos {
  // Of those that succeeded: together all of their time.
  Counter queue;
  Counter compute;
  Counter answer;  // from computed to counted

  Counter failed;

  void Add(const OutcomeNanos& other) {
    queue.Add(other.queue);
    compute.Add(other.compute);
    answer.Add(other.answer);
    failed.Add(other.failed);
  }
};

// What one layer did on one reactor.
struct LayerCells {
  Counter sampled;
  Counter saturated;
  Real dense_seconds;  // of profiled batches, as the rest
  Real activation_seconds;
  InputHistogram inputs;
  DerivativeHistogram derivatives;
  Gauge dead_units;  // 0 before the first verdict

  void Add(const activation::InputTally& input, const activation::DerivativeTally& derivative) {
    inputs.Add(input);
    derivatives.Add(derivative);
  }

  // Labels: model, layer, activation. See ModelCells. dead_units is no sum and not part of this.
  template <class Visit, class... Cells>
  static void ForEach(const Visit& visit, Cells&... cells) {
    visit(kSampledElements, LabelList{}, cells.sampled...);
    visit(kSaturatedElements, LabelList{}, cells.saturated...);
    visit(kLayerSampledSeconds, LabelList{{"part", "dense"}}, cells.dense_seconds...);
    visit(kLayerSampledSeconds, LabelList{{"part", "activation"}}, cells.activation_seconds...);
    visit(kActivationInput, LabelList{}, cells.inputs...);
    visit(kActivationDerivative, LabelList{}, cells.derivatives...);
  }
};

// What one model version did on one reactor.
struct ModelCells {
  explicit ModelCells(size_t layer_count) : layers(layer_count) {}

  std::array<Counter, kStatusCodes> requests;  // by gRPC status code
  TimeHistogram total_nanos;
  TimeHistogram queue_nanos;
  TimeHistogram compute_nanos;
  RowHistogram batch_rows;
  Counter rows;
  Counter request_bytes;
  Counter answer_bytes;
  Gauge queue_rows;                                   // what the batcher's ModelQueue says
  std::array<Counter, kShedReasonNames.size()> shed;  // by reason
  std::vector<LayerCells> layers;

  // Of this version alone, for ModelStatistics.
  OutcomeNanos nanos;
  Gauge last_batch;  // when it ended, in nanoseconds; 0 before the first

  void CountShed(ShedReason reason) { shed[static_cast<size_t>(reason)].Add(1); }

  // Calls visit(family, labels, a's cell, b's cell ...) for each cell that is shown by model and
  // version, with the labels that come after those two. `cells`: a, b ...
  template <class Visit, class... Cells>
  static void ForEachByVersion(const Visit& visit, Cells&... cells) {
    for (size_t code = 0; code < kStatusCodes; ++code) {
      visit(kRequests, LabelList{{"code", kStatusCodeNames[code]}}, cells.requests[code]...);
    }
  }

  // The same for what is shown by model, over all versions.
  template <class Visit, class... Cells>
  static void ForEachByModel(const Visit& visit, Cells&... cells) {
    visit(kRequestSeconds, LabelList{{"stage", "total"}}, cells.total_nanos...);
    visit(kRequestSeconds, LabelList{{"stage", "queue"}}, cells.queue_nanos...);
    visit(kRequestSeconds, LabelList{{"stage", "compute"}}, cells.compute_nanos...);
    visit(kBatchRows, LabelList{}, cells.batch_rows...);
    visit(kRows, LabelList{}, cells.rows...);
    visit(kRequestBytes, LabelList{}, cells.request_bytes...);
    visit(kAnswerBytes, LabelList{}, cells.answer_bytes...);
    visit(kQueueRows, LabelList{}, cells.queue_rows...);
    for (size_t reason = 0; reason < kShedReasonNames.size(); ++reason) {
      visit(kShed, LabelList{{"reason", kShedReasonNames[reason]}}, cells.shed[reason]...);
    }
  }
};

// On cache lines of its own, since each reactor writes its shard. Cells and alignment are two types
// so that the cells have no padding in which a test could not see a forgotten one.
struct alignas(64) ModelShard : ModelCells {
  using ModelCells::ModelCells;
};

struct LayerLabels {
  std::string layer;
  const activation::Spec* activation;
};

struct ModelGauges {
  double load_seconds = 0;
  double loaded_time = 0;  // seconds since the epoch
  double bytes = 0;
};

// One model version: its labels, its gauges and a shard of cells for every reactor.
struct ModelMetrics {
  std::string model;
  std::string version;
  std::vector<LayerLabels> layers;
  ModelGauges gauges;
  std::deque<ModelShard> shards;    // by reactor
  std::deque<Exemplars> exemplars;  // of kRequestSeconds' total, by reactor
  std::atomic<bool> held{true};     // somebody may still write the shards
};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_MODEL_METRICS_H_
