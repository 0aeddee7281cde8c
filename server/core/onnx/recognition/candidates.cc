#include "server/core/onnx/recognition/candidates.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace hillock::onnx {
namespace {

using activation::Params;
using activation::Spec;

constexpr size_t kMaxCandidates = 300;  // values tried for an only parameter
constexpr size_t kMaxOfTwo = 40;        // values tried for each of two

// Different floats, as many as are tried.
class Candidates {
 public:
  explicit Candidates(Budget& budget) : budget_(budget) {}

  void Add(double value) {
    budget_.Spend(1 + candidates_.size() / kCompared);
    const auto rounded = static_cast<float>(value);
    if (!std::isfinite(rounded) || is_full()) return;
    if (std::ranges::find(candidates_, rounded) == candidates_.end()) {
      candidates_.push_back(rounded);
    }
  }
  bool is_full() const { return candidates_.size() >= kMaxCandidates || !budget_.has_steps(); }
  std::vector<float> Get() && { return std::move(candidates_); }

 private:
  static constexpr size_t kCompared = 16;  // with others, in a step

  std::vector<float> candidates_;
  Budget& budget_;
};

bool InRange(const Spec& spec, const Params& params) {
  for (size_t i = 0; i < spec.param_count; ++i) {
    if (!(params[i] >= spec.params[i].low && params[i] <= spec.params[i].high)) return false;
  }
  return !spec.params_ascend || params[0] <= params[1];
}

Params Defaults(const Spec& spec) {
  Params params{};
  for (size_t i = 0; i < spec.param_count; ++i) params[i] = spec.params[i].default_value;
  return params;
}

}  // namespace

Choices::Choices(const std::vector<double>& constants, Budget& budget) : budget_(budget) {
  Candidates candidates(budget);
  for (const double c : constants) candidates.Add(c);
  for (const double c : constants) candidates.Add(-c);
  for (const double c : constants) candidates.Add(1 / c);
  for (const double a : constants) {
    for (const double b : constants) {
      if (candidates.is_full()) break;
      candidates.Add(a * b);
      candidates.Add(a / b);
      candidates.Add(-a * b);
    }
  }
  candidates_ = std::move(candidates).Get();
}

std::optional<Params> Choices::Find(const Spec& spec,
                                    const std::function<bool(const Params&)>& fits) const {
  const auto is_it = [&](const Params& params) {
    return budget_.has_steps() && InRange(spec, params) && fits(params);
  };
  if (const Params defaults = Defaults(spec); is_it(defaults)) return defaults;
  if (spec.param_count == 0) return std::nullopt;
  const bool two = spec.param_count == 2;
  const std::span<const float> first(
      candidates_.data(), two ? std::min(candidates_.size(), kMaxOfTwo) : candidates_.size());
  constexpr float kNone[] = {0};
  const std::span<const float> second = two ? first : std::span<const float>(kNone);
  for (const float a : first) {
    for (const float b : second) {
      if (const Params params{a, b}; is_it(params)) return params;
    }
  }
  return std::nullopt;
}

}  // namespace hillock::onnx
