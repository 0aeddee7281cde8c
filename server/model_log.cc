// SPDX-License-Identifier: Apache-2.0
#include "server/model_log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "server/core/engine/plan.h"
#include "server/lifecycle/served_model.h"

namespace hillock {

void ModelLog::Loaded(const lifecycle::ServedModel& model) {
  std::string steps;
  for (const engine::Step& step : model.plan().steps()) {
    steps += fmt::format("{}{}", steps.empty() ? "" : ", ", engine::Describe(step));
  }
  spdlog::info("model '{}' version {} in {}: {}", model.name(), model.version(),
               PrecisionName(model.plan().precision()), steps);
  for (const std::string& rewrite : model.plan().rewrites()) {
    spdlog::info("model '{}' version {}: {}", model.name(), model.version(), rewrite);
  }
  for (const std::string& note : model.plan().notes()) {
    spdlog::warn("model '{}' version {}: {}", model.name(), model.version(), note);
  }
  for (const model::LeftOut& left_out : model.left_out()) {
    spdlog::warn("model '{}' version {}: output '{}' is left out: {}", model.name(),
                 model.version(), left_out.name, left_out.reason);
  }
  for (const std::string& note : model.options().notes) {
    spdlog::warn("model '{}' version {}: {}", model.name(), model.version(), note);
  }
}

void ModelLog::Refused(const std::string& model, int64_t version, const absl::Status& why) {
  const std::string which = version > 0 ? fmt::format(" version {}", version) : "";
  spdlog::error("model '{}'{} is not served: {}", model, which, why.ToString());
}

void ModelLog::Unloaded(const lifecycle::ServedModel& model) {
  spdlog::info("model '{}' version {}: unloaded", model.name(), model.version());
}

}  // namespace hillock
