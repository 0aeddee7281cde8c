// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/evaluate.h"

#include <algorithm>

#include "server/core/base/clock.h"
#include "server/core/engine/buckets.h"
#include "server/core/engine/executor.h"

namespace hillock::engine {

absl::StatusOr<std::vector<float>> Evaluate(const std::shared_ptr<const Plan>& plan,
                                            std::span<const float> rows) {
  Executor executor(plan, Clock::Monotonic());
  const size_t count = rows.size() / plan->inputs();
  std::vector<float> answers;
  for (size_t first = 0; first < count; first += kMaxRows) {
    const size_t batch = std::min(kMaxRows, count - first);
    std::ranges::copy(rows.subspan(first * plan->inputs(), batch * plan->inputs()),
                      executor.input());
    HILLOCK_RETURN_IF_ERROR(executor.Run(batch, /*profile=*/false));
    for (size_t row = 0; row < batch; ++row) {
      for (size_t i = 0; i < plan->outputs().size(); ++i) {
        const size_t width = plan->width(plan->outputs()[i]);
        const float* const from = executor.output(i) + row * width;
        answers.insert(answers.end(), from, from + width);
      }
    }
  }
  return answers;
}

}  // namespace hillock::engine
