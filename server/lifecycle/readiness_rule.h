// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_READINESS_RULE_H_
#define HILLOCK_SERVER_LIFECYCLE_READINESS_RULE_H_

namespace hillock::lifecycle {

// When the server as a whole wants requests. A model serves when one of its versions does, and has
// failed when none does and one was refused: a new version that fails takes no replica out.
enum class ReadinessRule {
  kAny,     // once a model serves
  kAll,     // once every model of the start serves or has failed, while one serves
  kStrict,  // the same, while no model has failed
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_READINESS_RULE_H_
