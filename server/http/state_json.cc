// SPDX-License-Identifier: Apache-2.0
#include "server/http/state_json.h"

#include <cmath>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/utf8.h"
#include "server/core/base/version.h"
#include "server/core/engine/plan.h"
#include "server/http/curve.h"
#include "server/lifecycle/served_model.h"

namespace hillock::http {
namespace {

using nlohmann::ordered_json;

// To four significant digits, which is more than a picture shows.
double Rounded(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
  return std::isfinite(scale) ? std::round(value * scale) / scale : value;
}

std::vector<double> Rounded(std::vector<double> values) {
  for (double& value : values) value = Rounded(value);
  return values;
}

// The curves of the layers at hand, each once.
class Curves {
 public:
  // Its position; null for a row function.
  ordered_json Find(const activation::Spec& spec, const activation::Params& params) {
    if (spec.scope == activation::Scope::kRow) return nullptr;
    const auto [it, is_new] = positions_.try_emplace({spec.index, params}, json_.size());
    if (is_new) json_.push_back(Json(spec, params));
    return it->second;
  }

  ordered_json Take() { return std::move(json_); }

 private:
  static ordered_json Json(const activation::Spec& spec, const activation::Params& params) {
    Curve curve = CurveOf(spec, params);
    return {{"activation", spec.name},
            {"formula", spec.formula},
            {"x", std::move(curve.x)},
            {"y", Rounded(std::move(curve.y))},
            {"flat", std::move(curve.flat)}};
  }

  ordered_json json_ = ordered_json::array();
  std::map<std::pair<size_t, activation::Params>, size_t> positions_;
};

ordered_json Layers(const lifecycle::ServedModel& model, Curves& curves) {
  ordered_json layers = ordered_json::array();
  const auto& steps = model.plan().steps();
  for (size_t i = 0; i < steps.size(); ++i) {
    const activation::Spec& spec = engine::ActivationOf(steps[i]);
    const auto& params = std::visit(
        [](const auto& s) -> auto& { return s.params; }, steps[i]);
    layers.push_back({{"name", EscapedUtf8(model.metrics().layers[i].layer)},
                      {"activation", spec.name},
                      {"outputs", engine::OutputsOf(steps[i])},
                      {"precision", PrecisionName(engine::PrecisionOf(steps[i]))},
                      {"runs", engine::Describe(steps[i])},
                      {"curve", curves.Find(spec, params)}});
  }
  return layers;
}

ordered_json Model(const lifecycle::CatalogEntry& entry, Curves& curves) {
  ordered_json model = {{"name", EscapedUtf8(entry.model)},
                        {"version", entry.version > 0 ? std::to_string(entry.version) : ""},
                        {"state", entry.state()},
                        {"reason", ""},
                        {"layers", ordered_json::array()}};
  if (entry.served.ok()) {
    model["layers"] = Layers(**entry.served, curves);
    model["reason"] = std::string(entry.refused.message());
  } else {
    model["reason"] = std::string(entry.served.status().message());
  }
  return model;
}

}  // namespace

std::string StateJson(const lifecycle::Catalog& catalog, bool ready) {
  Curves curves;
  ordered_json models = ordered_json::array();
  for (const lifecycle::CatalogEntry& entry : catalog.entries()) {
    models.push_back(Model(entry, curves));
  }
  const ordered_json state = {{"version", kVersion},
                              {"ready", ready},
                              {"vanishing", activation::kVanishing},
                              {"models", std::move(models)},
                              {"curves", curves.Take()}};
  return state.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace hillock::http
