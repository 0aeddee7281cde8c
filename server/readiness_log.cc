// SPDX-License-Identifier: Apache-2.0
#include "server/readiness_log.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace hillock {

ReadinessLog::ReadinessLog(std::function<absl::Status()> check,
                           std::function<std::string()> details)
    : check_(std::move(check)), details_(std::move(details)) {}

bool ReadinessLog::Note() {
  const absl::Status status = check_();
  if (status.ok() == logged_.value_or(false)) return false;
  Log(status);
  return true;
}

bool ReadinessLog::NoteEither() {
  const absl::Status status = check_();
  if (status.ok() == logged_) return false;
  Log(status);
  return true;
}

void ReadinessLog::Log(const absl::Status& status) {
  logged_ = status.ok();
  if (status.ok()) return spdlog::info("ready: {}", details_());
  spdlog::warn("not ready: {}: {}", details_(), std::string(status.message()));
}

}  // namespace hillock
