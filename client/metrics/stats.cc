// SPDX-License-Identifier: Apache-2.0
#include "client/metrics/stats.h"

#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

#include "server/metrics/families.h"

namespace hillock::client {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
constexpr double kNanosPerSecond = 1e9;
constexpr char kSeparator = '\0';  // of two labels in one key; no label has it

std::string By(const Sample& sample, std::string_view label) {
  return std::string(LabelOf(sample, label));
}

std::string By(const Sample& sample, std::string_view first, std::string_view second) {
  return By(sample, first) + kSeparator + By(sample, second);
}

std::pair<std::string, std::string> Halves(const std::string& key) {
  const size_t at = key.find(kSeparator);
  return {key.substr(0, at), key.substr(at + 1)};
}

// The sum of a counter's samples by two labels.
std::map<std::string, double> Totals(const Metrics& all, std::string_view counter,
                                     std::string_view first, std::string_view second) {
  std::map<std::string, double> totals;
  for (const Sample* sample : FindSamples(all, counter, counter)) {
    totals[By(*sample, first, second)] += sample->value;
  }
  return totals;
}

std::vector<ActivationStats> Activations(const Metrics& all) {
  const auto key = [](const Sample& s) { return By(s, "activation", "backend"); };
  auto passes = CollectHistograms(all, metrics::kActivationSeconds.name, key);
  const auto layers = CollectHistograms(all, metrics::kLayerSeconds.name,
                                        [](const Sample& s) { return By(s, "activation"); });
  auto timed = Totals(all, metrics::kActivationTimedElements.name, "activation", "backend");
  std::vector<ActivationStats> activations;
  for (const auto& [name, elements] :
       Totals(all, metrics::kActivationElements.name, "activation", "backend")) {
    if (!(elements > 0)) continue;
    ActivationStats stats;
    std::tie(stats.activation, stats.backend) = Halves(name);
    stats.elements = elements;
    stats.timed_elements = timed[name];
    stats.passes = passes[name];
    if (const auto layer = layers.find(stats.activation); layer != layers.end()) {
      stats.layers = layer->second;
    }
    activations.push_back(std::move(stats));
  }
  return activations;
}

std::vector<ModelStats> Models(const Metrics& all) {
  std::map<std::string, ModelStats> models;
  for (const Sample* sample : FindSamples(all, metrics::kRequests.name, metrics::kRequests.name)) {
    if (!(sample->value > 0)) continue;
    models[By(*sample, "model")].requests[By(*sample, "code")] += sample->value;
  }
  for (const Sample* sample : FindSamples(all, metrics::kRows.name, metrics::kRows.name)) {
    const auto found = models.find(By(*sample, "model"));
    if (found != models.end()) found->second.rows += sample->value;
  }
  auto batches = CollectHistograms(all, metrics::kBatchRows.name,
                                   [](const Sample& s) { return By(s, "model"); });
  for (auto& [name, histogram] :
       CollectHistograms(all, metrics::kRequestSeconds.name,
                         [](const Sample& s) { return By(s, "model", "stage"); })) {
    const auto [model, stage] = Halves(name);
    const auto found = models.find(model);
    if (found != models.end()) found->second.stages[stage] = histogram;
  }
  std::vector<ModelStats> with_names;
  for (auto& [name, stats] : models) {
    stats.model = name;
    stats.batch_rows = batches[name];
    with_names.push_back(std::move(stats));
  }
  return with_names;
}

}  // namespace

double ActivationStats::NanosPerElement() const {
  return timed_elements > 0 ? passes.sum * kNanosPerSecond / timed_elements : kNothing;
}

double ActivationStats::ElementsPerSecond() const {
  return timed_elements > 0 && passes.sum > 0 ? timed_elements / passes.sum : kNothing;
}

Stats Summarize(const Metrics& metrics) { return {Activations(metrics), Models(metrics)}; }

}  // namespace hillock::client
