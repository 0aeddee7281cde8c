// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_ACCESS_LOG_H_
#define HILLOCK_SERVER_ACCESS_LOG_H_

#include "server/rpc/inference/request_log.h"

namespace hillock {

// Logs one inference request: as an error what failed by the server's fault, else as information.
// Does not wait. Thread-safe.
void LogRequest(const rpc::RequestRecord& record);

}  // namespace hillock

#endif  // HILLOCK_SERVER_ACCESS_LOG_H_
