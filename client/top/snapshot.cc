// SPDX-License-Identifier: Apache-2.0
#include "client/top/snapshot.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>

#include "client/metrics/stats.h"
#include "server/metrics/families.h"

namespace hillock::client {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kNanosPerSecond = 1e9;

using Samples = std::vector<const Sample*>;

Samples SamplesOf(const Metrics& metrics, std::string_view family) {
  return FindSamples(metrics, family, family);
}

double SumOf(const Metrics& metrics, std::string_view family) {
  const Samples samples = SamplesOf(metrics, family);
  if (samples.empty()) return kNothing;
  double sum = 0;
  for (const Sample* sample : samples) sum += sample->value;
  return sum;
}

double QuantileOf(const ModelStats& stats, const char* stage, double q) {
  const auto found = stats.stages.find(stage);
  return found == stats.stages.end() ? kNothing : found->second.Quantile(q);
}

void AddRates(const ModelStats& stats, double seconds, TopModel& model) {
  for (const auto& [code, count] : stats.requests) {
    model.requests_per_second += count / seconds;
    if (code != "OK") model.failures_per_second += count / seconds;
  }
  model.rows_per_second = stats.rows / seconds;
  model.rows_per_batch = stats.batch_rows.Mean();
  model.p50 = QuantileOf(stats, "total", 0.5);
  model.p99 = QuantileOf(stats, "total", 0.99);
  model.queue_p99 = QuantileOf(stats, "queue", 0.99);
  model.compute_p99 = QuantileOf(stats, "compute", 0.99);
}

TopModel IdleModel(const std::string& name) {
  TopModel model;
  model.name = name;
  model.rows_per_batch = model.p50 = model.p99 = model.queue_p99 = model.compute_p99 = kNothing;
  return model;
}

// Those with a state, and those with requests: a model that was unloaded may still have these.
std::vector<TopModel> Models(const Metrics& later, const Stats& interval, double seconds) {
  std::map<std::string, TopModel> models;
  const auto model_of = [&](const std::string& name) -> TopModel& {
    return models.try_emplace(name, IdleModel(name)).first->second;
  };
  std::map<std::string, std::set<std::string>> states;
  for (const Sample* sample : SamplesOf(later, metrics::kModelState.name)) {
    if (!(sample->value > 0)) continue;
    states[std::string(LabelOf(*sample, "model"))].emplace(LabelOf(*sample, "state"));
  }
  for (const auto& [name, of_versions] : states) {
    std::string& text = model_of(name).state;
    for (const std::string& state : of_versions) text += (text.empty() ? "" : ", ") + state;
  }
  for (const ModelStats& stats : interval.models) AddRates(stats, seconds, model_of(stats.model));
  for (const Sample* sample : SamplesOf(later, metrics::kQueueRows.name)) {
    const auto found = models.find(std::string(LabelOf(*sample, "model")));
    if (found != models.end()) found->second.queue_rows += sample->value;
  }
  std::vector<TopModel> list;
  list.reserve(models.size());
  for (auto& [name, model] : models) list.push_back(std::move(model));
  return list;
}

// An interval has few timed passes, or none, so their cost is that since the start.
std::vector<TopActivation> Activations(const Stats& interval, const Stats& all, double seconds) {
  std::vector<TopActivation> list;
  for (const ActivationStats& total : all.activations) {
    const auto found = std::ranges::find_if(interval.activations, [&](const ActivationStats& one) {
      return one.activation == total.activation && one.backend == total.backend;
    });
    const double rate = found == interval.activations.end() ? 0 : found->elements / seconds;
    const double nanos = total.NanosPerElement();
    list.push_back({total.activation, total.backend, rate, nanos, rate * nanos / kNanosPerSecond});
  }
  const auto load = [](const TopActivation& one) { return one.cores > 0 ? one.cores : 0; };
  std::ranges::stable_sort(list, std::ranges::greater(), load);
  return list;
}

std::vector<TopLayer> Layers(const Metrics& later) {
  std::vector<TopLayer> layers;
  const auto key = [](const Sample& sample) {
    return std::pair(LabelOf(sample, "model"), LabelOf(sample, "layer"));
  };
  std::map<std::pair<std::string_view, std::string_view>, double> saturated;
  for (const Sample* sample : SamplesOf(later, metrics::kSaturatedElements.name)) {
    saturated[key(*sample)] += sample->value;
  }
  std::map<std::pair<std::string_view, std::string_view>, double> dead;
  for (const Sample* sample : SamplesOf(later, metrics::kDeadUnits.name)) {
    dead[key(*sample)] += sample->value;
  }
  for (const Sample* sample : SamplesOf(later, metrics::kSampledElements.name)) {
    layers.push_back({std::string(LabelOf(*sample, "model")),
                      std::string(LabelOf(*sample, "layer")),
                      std::string(LabelOf(*sample, "activation")),
                      sample->value > 0 ? saturated[key(*sample)] / sample->value : kNothing,
                      dead[key(*sample)]});
  }
  std::ranges::stable_sort(layers, {}, &TopLayer::model);
  return layers;
}

std::vector<TopReactor> Reactors(const Metrics& interval, double seconds) {
  std::map<std::string, TopReactor> reactors;
  const auto add = [&](std::string_view family, double TopReactor::*figure, double per) {
    for (const Sample* sample : SamplesOf(interval, family)) {
      const std::string name(LabelOf(*sample, "reactor"));
      reactors[name].*figure += sample->value / per;
    }
  };
  add(metrics::kReactorBusySeconds.name, &TopReactor::busy, seconds);
  add(metrics::kConnections.name, &TopReactor::connections, 1);
  add(metrics::kCalls.name, &TopReactor::calls, 1);
  std::vector<TopReactor> list;
  list.reserve(reactors.size());
  for (auto& [name, reactor] : reactors) {
    reactor.name = name;
    list.push_back(reactor);
  }
  return list;
}

}  // namespace

TopSnapshot SnapshotBetween(const Metrics& earlier, const Metrics& later, double seconds,
                            double now) {
  const Metrics interval = Since(earlier, later);
  const Stats stats = Summarize(interval);
  return {Models(later, stats, seconds),
          Activations(stats, Summarize(later), seconds),
          Layers(later),
          Reactors(interval, seconds),
          {SumOf(interval, metrics::kProcessCpuSeconds.name) / seconds,
           SumOf(later, metrics::kProcessResidentBytes.name),
           SumOf(later, metrics::kProcessOpenFds.name),
           now - SumOf(later, metrics::kProcessStartTime.name)}};
}

}  // namespace hillock::client
