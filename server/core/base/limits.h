// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_LIMITS_H_
#define HILLOCK_SERVER_CORE_BASE_LIMITS_H_

#include <cstddef>

#include "server/core/base/clock.h"

namespace hillock {

// How much one reactor may have waiting, beyond which it refuses more.
struct QueueLimits {
  size_t rows = size_t{1} << 20;
  size_t bytes = size_t{256} << 20;  // of inputs and outputs
  Nanos wait = 1'000'000'000;        // estimated, until what waits already is computed

  bool operator==(const QueueLimits&) const = default;
};

// How much requests may ask for: those for one model, or those for any.
struct RequestLimits {
  size_t max_rows = 65536;  // of a request; at least 1
  QueueLimits queue{};      // of all of them together

  bool operator==(const RequestLimits&) const = default;
};

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_LIMITS_H_
