// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_CONTROL_MODE_H_
#define HILLOCK_SERVER_LIFECYCLE_CONTROL_MODE_H_

namespace hillock::lifecycle {

// Who decides which models are loaded after start: nobody, the repository's files, or callers.
enum class ControlMode { kNone, kPoll, kExplicit };

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_CONTROL_MODE_H_
