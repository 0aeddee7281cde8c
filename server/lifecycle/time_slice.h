// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_TIME_SLICE_H_
#define HILLOCK_SERVER_LIFECYCLE_TIME_SLICE_H_

#include "server/core/base/clock.h"

namespace hillock::lifecycle {

// The longest that a reactor computes without looking at the network. Work that takes no longer is
// light and runs as a whole; heavier work has a yield point at least this often.
inline constexpr Nanos kTimeSlice = 1'000'000;

// Heavy work yields at the first yield point after this long.
inline constexpr Nanos kYieldAfter = kTimeSlice / 2;

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_TIME_SLICE_H_
