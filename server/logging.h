// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LOGGING_H_
#define HILLOCK_SERVER_LOGGING_H_

#include <span>
#include <string_view>

#include "server/log_fields.h"
#include "server/log_format.h"

namespace hillock {

// Makes spdlog's default logger write one line an event to standard output: as text, or as JSON
// objects with time (UTC), level and message. Logging never waits for the reader of the output: a
// separate thread writes, and when 8,192 lines wait, the oldest are dropped. Called once, before
// any other thread logs.
void SetUpLogging(LogFormat format);

enum class LogLevel { kInfo, kError };

// Logs an event with its fields (log_fields.h). Such events have a queue of their own: however many
// there are, they drop no other lines. REQUIRES: SetUpLogging() was called. Thread-safe.
void LogEvent(LogLevel level, std::string_view message, std::span<const LogField> fields);

// Returns when all that was logged is written, or half a second has passed.
void FlushLog();

}  // namespace hillock

#endif  // HILLOCK_SERVER_LOGGING_H_
