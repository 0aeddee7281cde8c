// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_MODEL_LOG_H_
#define HILLOCK_SERVER_MODEL_LOG_H_

#include <functional>
#include <utility>

#include "server/lifecycle/model_manager.h"

namespace hillock {

// Logs what becomes of the models of the repository.
class ModelLog final : public lifecycle::ModelManager::Listener {
 public:
  // `published` is called after each new catalog.
  explicit ModelLog(std::function<void()> published) : published_(std::move(published)) {}

  void Loaded(const lifecycle::ServedModel& model) override;
  void Refused(const std::string& model, int64_t version, const absl::Status& why) override;
  void Unloaded(const lifecycle::ServedModel& model) override;
  void Published() override { published_(); }

 private:
  const std::function<void()> published_;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_MODEL_LOG_H_
