#include "server/metrics/registry.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "server/metrics/exposition.h"

namespace hillock::metrics {
namespace {

// gRPC's status codes by number, as they are written everywhere.
constexpr std::array<const char*, kStatusCodes> kCodeLabels = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

// The model label of requests that name no model served; not a name that a model can have.
constexpr char kNoModel[] = "";

// A counter's total over shards, shown once it is not 0.
void Count(Exposition& out, const Family& family, const Labels& labels, uint64_t total) {
  if (total != 0) out.Number(family, labels, static_cast<double>(total));
}

// Adds up over `shards` what `cell` picks from each.
template <class Shards, class Cell>
uint64_t Total(const Shards& shards, Cell cell) {
  uint64_t total = 0;
  for (const auto& shard : shards) total += cell(shard).Get();
  return total;
}

template <class Scale, class Shards, class Cell>
void Distribute(Exposition& out, const Family& family, const Labels& labels, const Shards& shards,
                Cell cell) {
  HistogramTotal<Scale> total;
  for (const auto& shard : shards) total.Add(cell(shard));
  out.Distribution(family, labels, total);
}

void ExposeActivation(Exposition& out, const std::deque<ReactorCells>& reactors,
                      const activation::Spec& spec) {
  const std::string name(spec.name);
  const size_t a = spec.index;
  for (size_t b = 0; b < kBackendNames.size(); ++b) {
    const Labels labels = {{"activation", name}, {"backend", std::string(kBackendNames[b])}};
    Distribute<TimeScale>(
        out, kActivationSeconds, labels,
        reactors, [&](auto& r) -> auto& { return r.activations[a].seconds[b]; });
    Count(out, kActivationTimedElements, labels,
          Total(
              reactors, [&](auto& r) -> auto& { return r.activations[a].timed_elements[b]; }));
    for (size_t p = 0; p < kPathLabels.size(); ++p) {
      Labels with_path = labels;
      with_path.emplace_back("path", kPathLabels[p]);
      Count(out, kActivationElements, with_path,
            Total(
                reactors, [&](auto& r) -> auto& { return r.activations[a].elements[b][p]; }));
    }
  }
  for (size_t p = 0; p < kPathLabels.size(); ++p) {
    Distribute<TimeScale>(
        out, kLayerSeconds, {{"activation", name}, {"path", kPathLabels[p]}},
        reactors, [&](auto& r) -> auto& { return r.activations[a].layer_nanos[p]; });
  }
}

// The versions of one model that live side by side, as while one replaces another. What is labelled
// by model alone adds them up, with those that are gone.
using Versions = std::vector<const ModelMetrics*>;

void ExposeLayers(Exposition& out, const std::string& model, const Versions& versions,
                  const RetiredVersions& retired) {
  LayerTotals totals = retired.layers();
  for (const ModelMetrics* version : versions) AddLayers(*version, totals);
  std::map<std::string, int64_t> dead_units;  // by layer
  for (const auto& [key, total] : totals) {
    if (total.sampled == 0) continue;
    const Labels labels = {{"model", model}, {"layer", key.first}, {"activation", key.second}};
    out.Number(kSampledElements, labels, static_cast<double>(total.sampled));
    out.Number(kSaturatedElements, labels, static_cast<double>(total.saturated));
    int64_t& most = dead_units[key.first];
    most = std::max(most, total.dead_units);
  }
  for (const auto& [layer, units] : dead_units) {
    out.Number(kDeadUnits, {{"model", model}, {"layer", layer}}, static_cast<double>(units));
  }
}

// `loads` are of one version, which is loaded anew when its files change; the last is the newest.
void ExposeVersion(Exposition& out, const Versions& loads, const RetiredVersions& retired) {
  const ModelMetrics& newest = *loads.back();
  const Labels labels = {{"model", newest.model}, {"version", newest.version}};
  for (size_t code = 0; code < kStatusCodes; ++code) {
    uint64_t requests = retired.Requests(newest.version, code);
    for (const ModelMetrics* load : loads) {
      requests += Total(
          load->shards, [&](auto& s) -> auto& { return s.requests[code]; });
    }
    Labels with_code = labels;
    with_code.emplace_back("code", kCodeLabels[code]);
    Count(out, kRequests, with_code, requests);
  }
  out.Number(kModelLoadSeconds, labels, newest.gauges.load_seconds);
  out.Number(kModelBytes, labels, newest.gauges.bytes);
}

void ExposeModel(Exposition& out, const std::string& model, const Versions& versions,
                 const RetiredVersions& retired) {
  std::map<std::string, Versions> loads;  // by version
  std::vector<std::reference_wrapper<const ModelCells>> shards{retired.cells()};
  for (const ModelMetrics* version : versions) {
    loads[version->version].push_back(version);
    shards.insert(shards.end(), version->shards.begin(), version->shards.end());
  }
  for (const auto& [number, of_version] : loads) ExposeVersion(out, of_version, retired);
  const auto stage = [&](const char* label, auto cell) {
    Distribute<TimeScale>(out, kRequestSeconds, {{"model", model}, {"stage", label}}, shards, cell);
  };
  stage(
      "total", [](const ModelCells& s) -> auto& { return s.total_nanos; });
  stage(
      "queue", [](const ModelCells& s) -> auto& { return s.queue_nanos; });
  stage(
      "compute", [](const ModelCells& s) -> auto& { return s.compute_nanos; });
  Distribute<RowScale>(
      out, kBatchRows, {{"model", model}}, shards,
      [](const ModelCells& s) -> auto& { return s.batch_rows; });
  Count(out, kRows, {{"model", model}},
        Total(
            shards, [](const ModelCells& s) -> auto& { return s.rows; }));
  int64_t queued = 0;
  for (const ModelCells& shard : shards) {
    queued += shard.queue_rows.load(std::memory_order_relaxed);
  }
  out.Number(kQueueRows, {{"model", model}}, static_cast<double>(queued));
  for (size_t reason = 0; reason < kShedLabels.size(); ++reason) {
    Count(out, kShed, {{"model", model}, {"reason", kShedLabels[reason]}},
          Total(
              shards, [&](const ModelCells& s) -> auto& { return s.shed[reason]; }));
  }
  ExposeLayers(out, model, versions, retired);
}

void ExposeUnrouted(Exposition& out, const std::deque<ReactorCells>& reactors) {
  for (size_t code = 0; code < kStatusCodes; ++code) {
    Count(out, kRequests, {{"model", kNoModel}, {"version", ""}, {"code", kCodeLabels[code]}},
          Total(
              reactors, [&](auto& r) -> auto& { return r.unrouted[code]; }));
  }
}

}  // namespace

ReactorCells::ReactorCells() : activations(activation::All().size()) {}

Registry::Registry(size_t reactors, std::map<std::string, std::string> build)
    : build_(std::move(build)), reactors_(reactors) {}

std::shared_ptr<ModelMetrics> Registry::AddModel(std::string model, std::string version,
                                                 std::vector<LayerLabels> layers,
                                                 ModelGauges gauges) {
  auto metrics = std::make_shared<ModelMetrics>();
  metrics->model = std::move(model);
  metrics->version = std::move(version);
  metrics->layers = std::move(layers);
  metrics->gauges = gauges;
  for (size_t i = 0; i < reactors_.size(); ++i)
    metrics->shards.emplace_back(metrics->layers.size());
  const MutexLock lock(mutex_);
  RetireUnheld();
  models_.push_back(metrics);
  // Released by the last holder, so that its cells are seen as they were left.
  return {metrics.get(),
          [metrics](ModelMetrics* held) { held->held.store(false, std::memory_order_release); }};
}

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

void Registry::SetModelStates(std::vector<ModelState> states) {
  const MutexLock lock(mutex_);
  states_ = std::move(states);
}

void Registry::ExposeModels(Exposition& out) const {
  RetireUnheld();
  std::map<std::string, Versions> live;  // by model
  for (const auto& version : models_) live[version->model].push_back(version.get());
  for (const auto& [model, versions] : live) ExposeModel(out, model, versions, retired_[model]);
}

std::vector<prometheus::MetricFamily> Registry::Collect() const {
  Exposition out;
  for (const activation::Spec& spec : activation::All()) ExposeActivation(out, reactors_, spec);
  {
    const MutexLock lock(mutex_);
    ExposeModels(out);
    for (const ModelState& s : states_) {
      out.Number(kModelState, {{"model", s.model}, {"version", s.version}, {"state", s.state}}, 1);
    }
  }
  ExposeUnrouted(out, reactors_);
  out.Number(kBuildInfo, {build_.begin(), build_.end()}, 1);
  ExposeProcess(out);
  return out.Take();
}

}  // namespace hillock::metrics
