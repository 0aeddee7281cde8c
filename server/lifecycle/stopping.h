// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_STOPPING_H_
#define HILLOCK_SERVER_LIFECYCLE_STOPPING_H_

#include <stop_token>

#include "server/core/base/status.h"

namespace hillock::lifecycle {

// What callers hear of anything that is not done because the server stops.
inline absl::Status StoppingError() {
  return absl::UnavailableError("the server is shutting down");
}

// That error once a stop has been requested: for places where long work can be given up.
inline absl::Status CheckNotStopping(const std::stop_token& stop) {
  return stop.stop_requested() ? StoppingError() : absl::OkStatus();
}

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_STOPPING_H_
