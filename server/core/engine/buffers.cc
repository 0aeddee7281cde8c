// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/buffers.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

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

// Hands out buffers step by step.
class Planner {
 public:
  explicit Planner(const Plan& plan) : plan_(plan), last_(LastReaders(plan)) {}

  BufferPlan Run() && {
    for (size_t i = 0; i < plan_.steps().size(); ++i) {
      const size_t buffer = BufferFor(i);
      buffers_.floats[buffer] = std::max(buffers_.floats[buffer], OutputsOf(plan_.steps()[i]));
      buffers_.of_step.push_back(buffer);
      for (const ValueId source : SourcesOf(plan_.steps()[i])) {
        if (EndsAt(i, source) && BufferOf(source) != buffer) Free(BufferOf(source));
      }
    }
    return std::move(buffers_);
  }

 private:
  size_t BufferOf(ValueId value) const { return buffers_.of_step[StepOf(value)]; }

  // Whether nobody needs the value after that step, and its buffer may be another's.
  bool EndsAt(size_t step, ValueId value) const {
    return value != ValueId::kInput && last_[value] == step &&
           !IsConstant(plan_.steps()[StepOf(value)]);
  }

  // Before those that the step reads last are free, so it writes none of them unasked.
  size_t BufferFor(size_t i) {
    const Step& step = plan_.steps()[i];
    for (const ValueId source : SourcesOf(step)) {
      if (EndsAt(i, source) && MayWriteOver(step, source)) return BufferOf(source);
    }
    if (IsConstant(step) || free_.empty()) {
      buffers_.floats.push_back(0);
      return buffers_.floats.size() - 1;
    }
    const size_t buffer = free_.back();
    free_.pop_back();
    return buffer;
  }

  void Free(size_t buffer) {
    if (std::ranges::find(free_, buffer) == free_.end()) free_.push_back(buffer);
  }

  const Plan& plan_;
  const model::ValueMap<size_t> last_;
  BufferPlan buffers_;
  std::vector<size_t> free_;
};

}  // namespace

BufferPlan PlanBuffers(const Plan& plan) { return Planner(plan).Run(); }

}  // namespace hillock::engine
