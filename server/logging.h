#ifndef HILLOCK_SERVER_LOGGING_H_
#define HILLOCK_SERVER_LOGGING_H_

#include "server/options.h"

namespace hillock {

// Makes spdlog's default logger write one line an event to standard output: as text, or as JSON
// objects with time (UTC), level and message. Called once, before any other thread logs.
void SetUpLogging(LogFormat format);

}  // namespace hillock

#endif  // HILLOCK_SERVER_LOGGING_H_
