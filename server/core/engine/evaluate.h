// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ENGINE_EVALUATE_H_
#define HILLOCK_SERVER_CORE_ENGINE_EVALUATE_H_

#include <memory>
#include <span>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/engine/plan.h"

namespace hillock::engine {

// The answers of a plan to any number of rows, [rows][inputs]: [rows][width of all outputs], a
// row's outputs side by side. For checks and tools: makes an executor of its own. INTERNAL when a
// run fails. Thread-safe.
absl::StatusOr<std::vector<float>> Evaluate(const std::shared_ptr<const Plan>& plan,
                                            std::span<const float> rows);

}  // namespace hillock::engine

#endif  // HILLOCK_SERVER_CORE_ENGINE_EVALUATE_H_
