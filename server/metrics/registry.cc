#include "server/metrics/registry.h"

#include <algorithm>
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
  for (size_t b = 0; b < kBackendLabels.size(); ++b) {
    const Labels labels = {{"activation", name}, {"backend", kBackendLabels[b]}};
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
        reactors, [&](auto& r) -> auto& { return r.activations[a].layer_seconds[p]; });
  }
}

void ExposeLayers(Exposition& out, const ModelMetrics& model) {
  for (size_t l = 0; l < model.layers.size(); ++l) {
    const LayerLabels& layer = model.layers[l];
    const Labels labels = {{"model", model.model},
                           {"layer", layer.layer},
                           {"activation", std::string(layer.activation->name)}};
    const uint64_t sampled = Total(
        model.shards, [&](auto& s) -> auto& { return s.sampled[l]; });
    if (sampled == 0) continue;
    out.Number(kSampledElements, labels, static_cast<double>(sampled));
    out.Number(kSaturatedElements, labels,
               static_cast<double>(Total(
                   model.shards, [&](auto& s) -> auto& { return s.saturated[l]; })));
    int64_t dead = 0;
    for (const ModelCells& shard : model.shards) {
      dead = std::max(dead, shard.dead_units[l].load(std::memory_order_relaxed));
    }
    out.Number(kDeadUnits, {{"model", model.model}, {"layer", layer.layer}},
               static_cast<double>(dead));
  }
}

void ExposeModel(Exposition& out, const ModelMetrics& model) {
  const Labels name = {{"model", model.model}};
  const Labels version = {{"model", model.model}, {"version", model.version}};
  for (size_t code = 0; code < kStatusCodes; ++code) {
    Labels labels = version;
    labels.emplace_back("code", kCodeLabels[code]);
    Count(out, kRequests, labels,
          Total(
              model.shards, [&](auto& s) -> auto& { return s.requests[code]; }));
  }
  const auto stage = [&](const char* label, auto cell) {
    Labels labels = name;
    labels.emplace_back("stage", label);
    Distribute<TimeScale>(out, kRequestSeconds, labels, model.shards, cell);
  };
  stage(
      "total", [](auto& s) -> auto& { return s.total_seconds; });
  stage(
      "queue", [](auto& s) -> auto& { return s.queue_seconds; });
  stage(
      "compute", [](auto& s) -> auto& { return s.compute_seconds; });
  Distribute<RowScale>(
      out, kBatchRows, name, model.shards, [](auto& s) -> auto& { return s.batch_rows; });
  Count(out, kRows, name,
        Total(
            model.shards, [](auto& s) -> auto& { return s.rows; }));
  ExposeLayers(out, model);
  out.Number(kModelLoadSeconds, version, model.load_seconds);
  out.Number(kModelBytes, version, model.bytes);
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
                                                 std::vector<LayerLabels> layers) {
  auto metrics = std::make_shared<ModelMetrics>();
  metrics->model = std::move(model);
  metrics->version = std::move(version);
  metrics->layers = std::move(layers);
  for (size_t i = 0; i < reactors_.size(); ++i)
    metrics->shards.emplace_back(metrics->layers.size());
  absl::MutexLock lock(&mutex_);
  std::erase_if(models_, [](const auto& held) { return held.expired(); });
  models_.push_back(metrics);
  return metrics;
}

void Registry::SetModelStates(std::vector<ModelState> states) {
  absl::MutexLock lock(&mutex_);
  states_ = std::move(states);
}

std::vector<std::shared_ptr<const ModelMetrics>> Registry::LiveModels() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<const ModelMetrics>> live;
  for (const auto& held : models_) {
    if (auto model = held.lock()) live.push_back(std::move(model));
  }
  return live;
}

std::vector<prometheus::MetricFamily> Registry::Collect() const {
  Exposition out;
  for (const activation::Spec& spec : activation::All()) ExposeActivation(out, reactors_, spec);
  for (const auto& model : LiveModels()) ExposeModel(out, *model);
  ExposeUnrouted(out, reactors_);
  {
    absl::MutexLock lock(&mutex_);
    for (const ModelState& s : states_) {
      out.Number(kModelState, {{"model", s.model}, {"version", s.version}, {"state", s.state}}, 1);
    }
  }
  out.Number(kBuildInfo, {build_.begin(), build_.end()}, 1);
  ExposeProcess(out);
  return out.Take();
}

}  // namespace hillock::metrics
