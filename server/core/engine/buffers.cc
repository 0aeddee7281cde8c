#include "server/core/engine/buffers.h"

#include <algorithm>
#include <limits>

namespace hillock::engine {
namespace {

constexpr size_t kForever = std::numeric_limits<size_t>::max();

// The last step that reads each value.
model::ValueMap<size_t> LastReaders(const Plan& plan) {
  model::ValueMap<size_t> last(plan.steps().size());
  for (size_t i = 0; i < plan.steps().size(); ++i) {
    for (const ValueId source : SourcesOf(plan.steps()[i])) last[source] = i;
  }
  for (const ValueId output : plan.outputs()) last[output] = kForever;
  return last;
}

}  // namespace

// A step takes its buffer before those that it reads last are free, so it writes none of them.
BufferPlan PlanBuffers(const Plan& plan) {
  const model::ValueMap<size_t> last = LastReaders(plan);
  BufferPlan buffers;
  std::vector<size_t> free;
  for (size_t i = 0; i < plan.steps().size(); ++i) {
    const Step& step = plan.steps()[i];
    if (IsConstant(step)) {
      buffers.of_step.push_back(buffers.floats.size());
      buffers.floats.push_back(OutputsOf(step));
      continue;
    }
    if (free.empty()) {
      free.push_back(buffers.floats.size());
      buffers.floats.push_back(0);
    }
    const size_t buffer = free.back();
    free.pop_back();
    buffers.floats[buffer] = std::max(buffers.floats[buffer], OutputsOf(step));
    buffers.of_step.push_back(buffer);
    for (const ValueId source : SourcesOf(step)) {
      if (source == ValueId::kInput || last[source] != i) continue;
      if (IsConstant(plan.steps()[StepOf(source)])) continue;
      const size_t read = buffers.of_step[StepOf(source)];
      if (std::ranges::find(free, read) == free.end()) free.push_back(read);
    }
  }
  return buffers;
}

}  // namespace hillock::engine
