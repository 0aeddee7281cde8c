// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/registry.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "server/core/activation/activation.h"
#include "server/core/base/utf8.h"
#include "server/metrics/exposition.h"
#include "server/metrics/triton_names.h"

namespace hillock::metrics {
namespace {

// The model label of requests that name no model served; not a name that a model can have.
constexpr char kNoModel[] = "";

void ExposeActivation(Exposition& out, const std::deque<ReactorCells>& reactors,
                      const activation::Spec& spec) {
  ActivationCells total;
  for (const ReactorCells& reactor : reactors) {
    ActivationCells::ForEach(AddCells(), total, reactor.activations[spec.index]);
  }
  ActivationCells::ForEach(CellExposer(out, {{"activation", std::string(spec.name)}}), total);
}

// The versions of one model that live side by side, as while one replaces another. What is labelled
// by model alone adds them up, with those that are gone.
using Versions = std::vector<const ModelMetrics*>;

// A visitor of a sampled layer's cells: shows counters of 0 as well.
struct LayerExposer {
  Exposition& out;
  const Labels& labels;

  void operator()(const Family& family, LabelList, const Counter& total) const {
    out.Number(family, labels, static_cast<double>(total.Get()));
  }
  void operator()(const Family& family, LabelList further, const Real& total) const {
    Labels all = labels;
    all.insert(all.end(), further.begin(), further.end());
    out.Number(family, all, total.Get());
  }
  template <const auto& Bounds>
  void operator()(const Family& family, LabelList, const ValueHistogram<Bounds>& total) const {
    out.Distribution(family, labels, total);
  }
};

void ExposeLayers(Exposition& out, const std::string& model, const LayerTotals& totals) {
  std::map<std::string, int64_t> dead_units;  // by layer
  for (const auto& [key, total] : totals) {
    if (total.sampled.Get() == 0) continue;
    const Labels labels = {{"model", model}, {"layer", key.first}, {"activation", key.second}};
    LayerCells::ForEach(LayerExposer{out, labels}, total);
    int64_t& most = dead_units[key.first];
    most = std::max(most, total.dead_units.Get());
  }
  for (const auto& [layer, units] : dead_units) {
    out.Number(kDeadUnits, {{"model", model}, {"layer", layer}}, static_cast<double>(units));
  }
}

// `loads` are of one version, which is loaded anew when its files change; the last is the newest.
void ExposeVersion(Exposition& out, const Versions& loads, const RetiredVersions& retired,
                   bool triton_names) {
  const ModelMetrics& newest = *loads.back();
  const Labels labels = {{"model", newest.model}, {"version", newest.version}};
  ModelCells total(0);
  retired.AddTo(newest.version, total);
  for (const ModelMetrics* load : loads) {
    for (const ModelCells& shard : load->shards) AddShard(AddCells(), total, shard);
  }
  ModelCells::ForEachByVersion(CellExposer(out, labels), total);
  out.Number(kModelLoadSeconds, labels, newest.gauges.load_seconds);
  out.Number(kModelLoadedTime, labels, newest.gauges.loaded_time);
  out.Number(kModelBytes, labels, newest.gauges.bytes);
  if (triton_names) ExposeTritonNames(out, labels, total);
}

void ExposeModel(Exposition& out, const std::string& model, const Versions& versions,
                 const RetiredVersions& retired, bool triton_names) {
  std::map<std::string, Versions> loads;  // by version
  ModelCells total(0);
  LayerTotals layers;
  ModelCells::ForEachByModel(AddCells(), total, retired.cells());
  for (const auto& [key, cells] : retired.layers()) {
    LayerCells::ForEach(AddCells(), layers[key], cells);
  }
  for (const ModelMetrics* version : versions) {
    loads[version->version].push_back(version);
    AddLayers(*version, layers);
    for (const ModelCells& shard : version->shards) {
      ModelCells::ForEachByModel(AddCells(), total, shard);
    }
  }
  for (const auto& [number, of_version] : loads) {
    ExposeVersion(out, of_version, retired, triton_names);
  }
  ModelCells::ForEachByModel(CellExposer(out, {{"model", model}}), total);
  ExposeLayers(out, model, layers);
}

void ExposeRequests(Exposition& out, const std::deque<ReactorCells>& reactors) {
  ReactorCells total(0);
  for (const ReactorCells& reactor : reactors) {
    ReactorCells::ForEachUnrouted(AddCells(), total, reactor);
    ReactorCells::ForEachRestAnswer(AddCells(), total, reactor);
  }
  ReactorCells::ForEachUnrouted(CellExposer(out, {{"model", kNoModel}, {"version", ""}}), total);
  ReactorCells::ForEachRestAnswer(CellExposer(out, {}), total);
}

void ExposeServer(Exposition& out, const Registry::ServerReadings& server) {
  for (size_t i = 0; i < server.reactors.size(); ++i) {
    const Labels labels = {{"reactor", std::to_string(i)}};
    out.Number(kConnections, labels, static_cast<double>(server.reactors[i].connections));
    out.Number(kCalls, labels, static_cast<double>(server.reactors[i].calls));
  }
  out.Number(kBufferedBytes, {}, static_cast<double>(server.buffered_bytes));
  out.Number(kBufferedLimitBytes, {}, static_cast<double>(server.buffered_limit_bytes));
  out.Number(kMemoryLimitBytes, {}, static_cast<double>(server.memory_limit_bytes));
  if (server.certificate_expiry) {
    out.Number(kCertificateExpiry, {}, static_cast<double>(*server.certificate_expiry));
  }
}

}  // namespace

Registry::Registry(size_t reactors, std::map<std::string, std::string> build, bool triton_names)
    : build_(std::move(build)), triton_names_(triton_names) {
  for (size_t i = 0; i < reactors; ++i) reactors_.emplace_back(activation::All().size());
}

std::shared_ptr<ModelMetrics> Registry::AddModel(std::string model, std::string version,
                                                 std::vector<LayerLabels> layers,
                                                 ModelGauges gauges) {
  auto metrics = std::make_shared<ModelMetrics>();
  metrics->model = std::move(model);
  metrics->version = std::move(version);
  metrics->layers = std::move(layers);
  metrics->gauges = gauges;
  for (size_t i = 0; i < reactors_.size(); ++i) {
    metrics->shards.emplace_back(metrics->layers.size());
    metrics->exemplars.emplace_back();
  }
  const MutexLock lock(mutex_);
  RetireUnheld();
  models_.push_back(metrics);
  // The last holder's release and RetireUnheld()'s acquire: the cells are added up as they were
  // left, and nothing is written to them after that.
  return {metrics.get(),
          [metrics](ModelMetrics* held) { held->held.store(false, std::memory_order_release); }};
}

TokenCells& Registry::AddToken(const std::string& name) {
  const MutexLock lock(mutex_);
  return tokens_.try_emplace(name, reactors_.size()).first->second;
}

// Adds the versions that nobody holds any more to their models' totals, in one step with taking
// them off the list: a scrape finds each version's counters in one of the two places. Then, once
// all are added, forgets what is shown by version of those that were not loaded anew.
void Registry::RetireUnheld() const {
  const auto held = std::ranges::stable_partition(
      models_, [](const auto& metrics) { return metrics->held.load(std::memory_order_acquire); });
  const std::vector<std::shared_ptr<const ModelMetrics>> unheld(held.begin(), held.end());
  models_.erase(held.begin(), held.end());
  for (const auto& metrics : unheld) retired_[metrics->model].Add(*metrics);
  for (const auto& metrics : unheld) {
    const bool shown = std::ranges::any_of(models_, [&](const auto& live) {
      return live->model == metrics->model && live->version == metrics->version;
    });
    if (!shown) retired_[metrics->model].Forget(metrics->version);
  }
}

void Registry::SetModelStates(std::vector<VersionState> states) {
  const MutexLock lock(mutex_);
  states_ = std::move(states);
}

void Registry::ReadServerWith(std::function<ServerReadings()> read) {
  const MutexLock lock(mutex_);
  read_server_ = std::move(read);
}

void Registry::ExposeTokens(Exposition& out) const {
  for (const auto& [name, cells] : tokens_) {
    Counter total;
    for (const TokenCells::Shard& shard : cells.shards) total.Add(shard.calls);
    CellExposer(out, {{"token", name}})(kTokenCalls, {}, total);
  }
}

void Registry::ExposeModels(Exposition& out) const {
  RetireUnheld();
  std::map<std::string, Versions> live;  // by model
  for (const auto& version : models_) live[version->model].push_back(version.get());
  for (const auto& [model, versions] : live) {
    ExposeModel(out, model, versions, retired_[model], triton_names_);
  }
}

std::vector<prometheus::MetricFamily> Registry::Collect() const {
  Exposition out;
  std::function<ServerReadings()> read_server;
  for (const activation::Spec& spec : activation::All()) ExposeActivation(out, reactors_, spec);
  {
    const MutexLock lock(mutex_);
    ExposeTokens(out);
    ExposeModels(out);
    read_server = read_server_;
    for (const VersionState& s : states_) {
      out.Number(kModelState, {{"model", s.model}, {"version", s.version}, {"state", s.state}}, 1);
    }
  }
  ExposeRequests(out, reactors_);
  for (size_t i = 0; i < reactors_.size(); ++i) {
    out.Number(kReactorBusySeconds, {{"reactor", std::to_string(i)}},
               static_cast<double>(reactors_[i].busy_nanos.Get()) * 1e-9);
  }
  if (read_server) ExposeServer(out, read_server());
  out.Number(kBuildInfo, {build_.begin(), build_.end()}, 1);
  ExposeProcess(out);
  return out.Take();
}

std::map<std::string, BucketExemplars> Registry::CollectExemplars() const {
  std::map<std::string, BucketExemplars> exemplars;
  const MutexLock lock(mutex_);
  for (const auto& version : models_) {
    for (const Exemplars& of_reactor : version->exemplars) {
      of_reactor.CopyNewer(exemplars[EscapedUtf8(version->model)]);
    }
  }
  return exemplars;
}

}  // namespace hillock::metrics
