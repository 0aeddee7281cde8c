#ifndef HILLOCK_SERVER_MODEL_LOG_H_
#define HILLOCK_SERVER_MODEL_LOG_H_

#include "server/serving/model_manager.h"

namespace hillock {

// Logs what becomes of the models of the repository.
class ModelLog final : public serving::ModelManager::Listener {
 public:
  void Loaded(const serving::ServedModel& model) override;
  void Refused(const std::string& model, int64_t version, const absl::Status& why) override;
  void Unloaded(const serving::ServedModel& model) override;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_MODEL_LOG_H_
