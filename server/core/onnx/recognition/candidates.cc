// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/recognition/candidates.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace hillock::onnx {
namespace {

using activation::kInfinity;
using activation::Params;
using activation::Spec;

constexpr size_t kMaxCandidates = 300;  // values tried for an only parameter
constexpr size_t kMaxOfTwo = 40;        // values tried for each of two

// Distinct floats, as many as are tried.
class DistinctFloats {
 public:
  explicit DistinctFloats(Budget& budget) : budget_(budget) {}

  void Add(double value) {
    budget_.Spend(1 + floats_.size() / kCompared);
    const auto rounded = static_cast<float>(value);
    if (!std::isfinite(rounded) || is_full()) return;
    if (std::ranges::find(floats_, rounded) == floats_.end()) floats_.push_back(rounded);
  }
  bool is_full() const { return floats_.size() >= kMaxCandidates || !budget_.has_steps(); }
  std::vector<float> Get() && { return std::move(floats_); }

 private:
  static constexpr size_t kCompared = 16;  // with others, in a step

  std::vector<float> floats_;
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

// The first value of an only parameter that `fits`.
template <class Fits>
std::optional<Params> FindSingle(std::span<const float> values, const Fits& fits) {
  for (const float a : values) {
    if (const Params params{a, 0}; fits(params)) return params;
  }
  return std::nullopt;
}

// The first two that do. A bound that may be none is first tried as none: a far one would pass for
// it.
template <class Fits>
std::optional<Params> FindPair(bool ascend, std::span<const float> values, const Fits& fits) {
  for (const float bound : ascend ? values : std::span<const float>()) {
    for (const Params& params : {Params{bound, kInfinity}, Params{-kInfinity, bound}}) {
      if (fits(params)) return params;
    }
  }
  for (const float a : values) {
    for (const float b : values) {
      if (const Params params{a, b}; fits(params)) return params;
    }
  }
  return std::nullopt;
}

}  // namespace

// The likelier first, as the list ends when it is full: constants as they stand, then what one
// operation makes of one of them, then of two.
Candidates::Candidates(const std::vector<double>& constants, Budget& budget) : budget_(budget) {
  DistinctFloats floats(budget);
  for (const double c : constants) floats.Add(c);
  for (const double c : constants) floats.Add(-c);
  for (const double c : constants) floats.Add(1 / c);
  for (const double a : constants) {
    for (const double b : constants) {
      if (floats.is_full()) break;
      floats.Add(a * b);
      floats.Add(a / b);
      floats.Add(-a * b);
    }
  }
  values_ = std::move(floats).Get();
}

std::optional<Params> Candidates::Find(const Spec& spec,
                                       const std::function<bool(const Params&)>& fits) const {
  const auto is_it = [&](const Params& params) {
    return budget_.has_steps() && InRange(spec, params) && fits(params);
  };
  if (const Params defaults = Defaults(spec); is_it(defaults)) return defaults;
  if (spec.param_count == 0) return std::nullopt;
  const std::span<const float> values(values_);
  if (spec.param_count == 1) return FindSingle(values, is_it);
  return FindPair(spec.params_ascend, values.first(std::min(values.size(), kMaxOfTwo)), is_it);
}

}  // namespace hillock::onnx
