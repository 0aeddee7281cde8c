#ifndef HILLOCK_SERVER_LOGGING_H_
#define HILLOCK_SERVER_LOGGING_H_

#include "server/options.h"

namespace hillock {

// Makes spdlog's default logger write one line an event to standard output: as text, or as JSON
// objects with time (UTC), level and message. Nobody who logs waits for whoever reads: a thread of
// its own writes, and the oldest lines are lost when 8,192 wait. Called once, before any other
// thread logs.
void SetUpLogging(LogFormat format);

// Returns when all that was logged is written, or half a second has passed.
void FlushLog();

}  // namespace hillock

#endif  // HILLOCK_SERVER_LOGGING_H_
