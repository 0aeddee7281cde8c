// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_READINESS_LOG_H_
#define HILLOCK_SERVER_READINESS_LOG_H_

#include <functional>
#include <optional>
#include <string>

#include "server/core/base/status.h"

namespace hillock {

// Logs that the server is ready, or is not and why: "ready: DETAILS" and "not ready: DETAILS: WHY".
// For one thread at a time.
class ReadinessLog {
 public:
  // `check` is Readiness::Check() with the catalog in force; `details` goes into every line.
  ReadinessLog(std::function<absl::Status()> check, std::function<std::string()> details);

  // Logs what has changed since the last line. There is none as long as the server has never been
  // ready. True when it has logged.
  bool Note();

  // The same, and logs that the server is not ready even if it has never been.
  bool NoteEither();

 private:
  void Log(const absl::Status& status);

  const std::function<absl::Status()> check_;
  const std::function<std::string()> details_;
  std::optional<bool> logged_;  // whether it was ready then
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_READINESS_LOG_H_
