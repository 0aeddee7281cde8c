// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_PLAN_OPTIONS_H_
#define HILLOCK_SERVER_CORE_ENGINE_PLAN_OPTIONS_H_

#include "server/core/base/precision.h"
#include "server/core/model/compute_options.h"

namespace hillock::engine {

// An activation runs on oneDNN only where that gives what allow_non_finite asks for. In another
// precision than f32 are, on the backend oneDNN all dense parts, without a backend those that it
// makes faster, on the fallback none; and none on a CPU that is not fast at it.
struct PlanOptions : model::ComputeOptions {
  bool (*is_fast)(Precision) = nullptr;  // null: kernel::onednn::IsFast
};

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_PLAN_OPTIONS_H_
