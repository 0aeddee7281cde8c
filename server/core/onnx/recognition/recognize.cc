// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/recognition/recognize.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/onnx/recognition/candidates.h"
#include "server/core/onnx/recognition/samples.h"

namespace hillock::onnx {
namespace {

using activation::Params;
using activation::Scope;
using activation::Spec;

constexpr size_t kMaxUnits = 2048;             // with a function of their own
constexpr size_t kMaxFronts = 8;               // tried for one function
constexpr size_t kMaxCopies = 2 * kMaxFronts;  // of the function, with a front taken off

// An activation with parameters to try, its evaluations counted.
struct CandidateFunction {
  const Spec& spec;
  const Params& params;
  Budget& budget;

  double operator()(const Sample& sample) const {
    budget.Spend(1);
    return spec.reference(sample.x, params);
  }
};

bool Matches(const CandidateFunction& f, const Samples& samples) {
  return std::ranges::all_of(
      samples.points, [&](const Sample& sample) { return samples.Agree(f(sample), sample); });
}

// The near samples with the lowest and the highest value.
struct Extremes {
  Sample low;
  Sample high;
};

template <class Value>
Extremes ExtremesOf(const Samples& samples, const Value& value) {
  Extremes found{samples.points.front(), samples.points.front()};
  double low = value(found.low);
  double high = low;
  for (const Sample& sample : samples.points) {
    if (!sample.is_near()) continue;
    const double now = value(sample);
    if (now < low) found.low = sample;
    if (now > high) found.high = sample;
    low = std::min(low, now);
    high = std::max(high, now);
  }
  return found;
}

// Samples, and what Fit() needs of them for every candidate.
class Target {
 public:
  explicit Target(const Samples& samples)
      : samples_(samples), ends_(ExtremesOf(samples, [](const Sample& s) { return s.y; })) {}

  // scale and shift such that scale * f + shift passes through the samples, or none.
  std::optional<ScaleShift> Fit(const CandidateFunction& f) const {
    if (!MayFit(f)) return std::nullopt;
    const Extremes ends = ExtremesOf(samples_, f);
    const double low = f(ends.low);
    const double rise = f(ends.high) - low;
    if (!(rise > 0)) return std::nullopt;
    const double scale = (ends.high.y - ends.low.y) / rise;
    const double shift = ends.low.y - scale * low;
    const bool fits = scale != 0 && std::ranges::all_of(samples_.points, [&](const Sample& sample) {
                        return samples_.Agree(scale * f(sample) + shift, sample);
                      });
    if (!fits) return std::nullopt;
    return ScaleShift{{scale}, {shift}};
  }

 private:
  // A cheap test that refuses most candidates after a few samples: false only if no scale and shift
  // make f pass within the tolerances. Let a line through the two extreme samples map f to y. Where
  // f stands at `way` between them, its error is at most
  //   room (1 + |way|) + the sample's own tolerance,   room: the tolerances of the two extremes.
  // Twice that allows for rounding.
  bool MayFit(const CandidateFunction& f) const {
    const double room = samples_.Tolerance(ends_.low) + samples_.Tolerance(ends_.high);
    if (ends_.high.y - ends_.low.y <= 2 * room) return true;
    const double low = f(ends_.low);
    const double rise = f(ends_.high) - low;
    return rise != 0 && std::ranges::all_of(samples_.points, [&](const Sample& sample) {
             const double way = (f(sample) - low) / rise;
             const double got = ends_.low.y + way * (ends_.high.y - ends_.low.y);
             return std::abs(got - sample.y) <=
                    2 * (room * (1 + std::abs(way)) + samples_.Tolerance(sample));
           });
  }

  const Samples& samples_;
  Extremes ends_;
};

// One search: a function with one front taken off, so that only the activation and what comes after
// it are left.
class Search {
 public:
  Search(const Evaluator& function, ScaleShift before, size_t units, Budget& budget)
      : function_(function.After(before)), before_(std::move(before)), budget_(budget) {
    const size_t distinct = function_.is_uniform() ? 1 : units;
    if (distinct <= kMaxUnits) units_ = Take(function_, distinct, budget);
  }

  bool is_possible() const {
    return !units_.empty() &&
           std::ranges::none_of(units_, [](const Samples& s) { return s.points.empty(); });
  }

  std::optional<Recognized> FindExact() const {
    const Candidates candidates(function_.Constants(0), budget_);
    for (const Spec& spec : activation::All()) {
      if (spec.scope != Scope::kElementwise) continue;
      if (auto found = Exact(spec, candidates)) return found;
    }
    for (const Spec& spec : activation::All()) {
      if (spec.scope != Scope::kPerUnit) continue;
      if (auto found = PerUnit(spec)) return found;
    }
    return std::nullopt;
  }

  std::optional<Recognized> FindScaled() const {
    const Candidates candidates(function_.Constants(0), budget_);
    const std::vector<Target> targets(units_.begin(), units_.end());
    for (const Spec& spec : activation::All()) {
      if (spec.scope != Scope::kElementwise) continue;
      if (auto found = Scaled(spec, candidates, targets)) return found;
    }
    return std::nullopt;
  }

 private:
  std::optional<Recognized> Exact(const Spec& spec, const Candidates& candidates) const {
    const auto params = candidates.Find(spec, [&](const Params& tried) {
      return std::ranges::all_of(units_, [&](const Samples& samples) {
        return Matches({spec, tried, budget_}, samples);
      });
    });
    if (!params) return std::nullopt;
    return Recognized{before_, &spec, *params, {}, {}};
  }

  // A per-unit activation: each unit has its own parameter.
  std::optional<Recognized> PerUnit(const Spec& spec) const {
    Recognized found{before_, &spec, {}, {}, {}};
    for (size_t unit = 0; unit < units_.size(); ++unit) {
      const Candidates candidates(function_.Constants(unit), budget_);
      const auto params = candidates.Find(spec, [&](const Params& tried) {
        return Matches({spec, tried, budget_}, units_[unit]);
      });
      if (!params) return std::nullopt;
      found.slopes.push_back((*params)[0]);
    }
    return found;
  }

  std::optional<Recognized> Scaled(const Spec& spec, const Candidates& candidates,
                                   const std::vector<Target>& targets) const {
    ScaleShift after;
    const auto params = candidates.Find(spec, [&](const Params& tried) {
      return FitAll({spec, tried, budget_}, targets, after);
    });
    if (!params) return std::nullopt;
    return Recognized{before_, &spec, *params, {}, std::move(after)};
  }

  static bool FitAll(const CandidateFunction& candidate, const std::vector<Target>& targets,
                     ScaleShift& after) {
    after = {{}, {}};
    return std::ranges::all_of(targets, [&](const Target& target) {
      const auto fit = target.Fit(candidate);
      if (!fit) return false;
      after.scale.push_back(fit->scale[0]);
      after.shift.push_back(fit->shift[0]);
      return true;
    });
  }

  Evaluator function_;
  ScaleShift before_;
  Budget& budget_;
  std::vector<Samples> units_;  // one, when all elements have the same function
};

bool IsInvertible(const ScaleShift& map) {
  return std::ranges::none_of(map.scale, [](double s) { return s == 0 || !std::isfinite(s); });
}

// The fronts to try: none; each scale and shift with which the base enters the function; and before
// those the same without its scale, which may be the activation's own.
std::vector<ScaleShift> Fronts(const Evaluator& function) {
  std::vector<ScaleShift> fronts{ScaleShift{}};
  const auto add = [&](const ScaleShift& front) {
    const bool known = std::ranges::find(fronts, front) != fronts.end();
    if (!known && IsInvertible(front) && fronts.size() < kMaxFronts) fronts.push_back(front);
  };
  const std::vector<ScaleShift> uses = function.Uses();
  for (const ScaleShift& use : uses) {
    if (use.scale.size() != 1 || use.scale[0] == 0) continue;
    ScaleShift unscaled{{1}, use.shift};
    for (double& shift : unscaled.shift) shift /= use.scale[0];
    add(unscaled);
  }
  for (const ScaleShift& use : uses) add(use);
  // After the right front all units usually have the same function, and such are quick to try.
  std::ranges::stable_partition(
      fronts, [&](const ScaleShift& front) { return function.After(front).is_uniform(); });
  return fronts;
}

// The activation that the operator of an atom computes by itself, or null.
const Spec* ActivationOf(const Atom& atom) {
  if (atom.primitive == nullptr || atom.primitive->arity != 1) return atom.activation;
  const auto all = activation::All();
  const auto it =
      std::ranges::find(all, atom.primitive->op, [](const Spec& s) { return s.onnx.op; });
  return it == all.end() ? nullptr : &*it;
}

// An activation that is one node, directly on the base: nothing to search for.
std::optional<Recognized> Direct(const Expression& expression, const Operand& value, size_t units) {
  const Atom& atom = expression[value.atom];
  const Spec* const spec = ActivationOf(atom);
  if (spec == nullptr || !expression[atom.operands[0].atom].is_base()) return std::nullopt;
  Recognized found{atom.operands[0].map, spec, atom.params, {}, value.map};
  for (size_t unit = 0; !atom.slopes.empty() && unit < units; ++unit) {
    found.slopes.push_back(static_cast<float>(atom.slopes[atom.slopes.size() == 1 ? 0 : unit]));
  }
  return found;
}

// Every front is tried without scaling after the activation before any is tried with it: a match
// without is closer to what the exporter wrote, and far cheaper to look for.
std::optional<Recognized> Find(const Evaluator& function, bool maybe_scaled, size_t units,
                               Budget& budget) {
  std::vector<Search> searches;
  for (const ScaleShift& front : Fronts(function)) {
    Search search(function, front, units, budget);
    if (!search.is_possible()) continue;
    if (auto found = search.FindExact()) {
      if (!found->slopes.empty()) found->slopes.resize(units, found->slopes.front());
      return found;
    }
    if (maybe_scaled) searches.push_back(std::move(search));
  }
  for (const Search& search : searches) {
    YieldIfContended();
    if (auto found = search.FindScaled()) return found;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::optional<Recognized>> Recognize(const Expression& expression,
                                                    const Operand& value, size_t units,
                                                    Budget& budget) {
  auto direct = Direct(expression, value, units);
  // Scaling on both sides of one activation may be the spelling of another: -softplus(-x).
  const bool maybe_spelled = direct && !direct->after.is_identity() && direct->after.is_uniform() &&
                             direct->before.scale.size() == 1;
  if (direct && !maybe_spelled) return direct;
  const Evaluator function(expression, value);
  if (!function.complete()) return std::nullopt;
  budget.Spend(kMaxCopies * function.numbers());
  HILLOCK_RETURN_IF_ERROR(budget.CheckSteps());
  auto found = Find(function, !direct.has_value(), units, budget);
  HILLOCK_RETURN_IF_ERROR(budget.CheckSteps());
  return found ? std::move(found) : std::move(direct);
}

}  // namespace hillock::onnx
