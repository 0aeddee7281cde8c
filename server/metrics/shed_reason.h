// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_METRICS_SHED_REASON_H_
#define HILLOCK_SERVER_METRICS_SHED_REASON_H_

#include <array>
#include <cstddef>
#include <string_view>

namespace hillock {

// Why a sound request was refused, or dropped after it had been admitted.
enum class ShedReason { kQueueRows, kQueueBytes, kQueueTime, kDeadline, kExpired, kCancelled };

// By reason: values of the label `reason`.
inline constexpr std::array<std::string_view, 6> kShedReasonNames = {
    "queue_rows", "queue_bytes", "queue_time", "deadline", "expired", "cancelled"};

static_assert(kShedReasonNames.size() == static_cast<size_t>(ShedReason::kCancelled) + 1);

}  // namespace hillock

#endif  // HILLOCK_SERVER_METRICS_SHED_REASON_H_
