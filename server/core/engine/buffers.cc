#include "server/core/engine/buffers.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace hillock::engine {
namespace {

constexpr size_t kForever = std::numeric_limits<size_t>::max();

// The last step that reads each value.
std::vector<size_t> LastReaders(const Plan& plan) {
  std::vector<size_t> last(plan.steps().size() + 1);
  for (size_t i = 0; i < plan.steps().size(); ++i) last[plan.steps()[i].source] = i;
  for (const size_t output : plan.outputs()) last[output] = kForever;
  return last;
}

}  // namespace

BufferPlan PlanBuffers(const Plan& plan) {
  const std::vector<size_t> last = LastReaders(plan);
  BufferPlan buffers;
  std::optional<size_t> free;  // at most one: a step takes one, and releases one at most
  for (size_t i = 0; i < plan.steps().size(); ++i) {
    const Step& step = plan.steps()[i];
    const size_t buffer = std::exchange(free, std::nullopt).value_or(buffers.floats.size());
    if (buffer == buffers.floats.size()) buffers.floats.push_back(0);
    buffers.floats[buffer] = std::max(buffers.floats[buffer], step.outputs);
    buffers.of_step.push_back(buffer);
    if (last[step.source] == i && step.source != model::kInputValue) {
      free = buffers.of_step[step.source - 1];
    }
  }
  return buffers;
}

}  // namespace hillock::engine
