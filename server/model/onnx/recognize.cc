#include "server/model/onnx/recognize.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace hillock::model::onnx {
namespace {

using activation::Params;
using activation::Scope;
using activation::Spec;

constexpr double kRelative = 2e-6;  // of the value
constexpr double kOfSpan = 2e-7;    // of the largest value near 0
constexpr double kNear = 4;         // how far "near 0" goes
constexpr double kGridEnd = 12;
constexpr double kGridStep = 0.37;
constexpr double kTailStart = 1e-4;
constexpr double kTailEnd = 1e4;
constexpr double kTailFactor = 2.3;
constexpr int kHalvings = 80;
constexpr size_t kMostUnits = 2048;      // with a function of their own
constexpr size_t kMostFronts = 8;        // affine maps tried in front of an activation
constexpr size_t kMostCandidates = 300;  // values tried for an only parameter
constexpr size_t kMostOfTwo = 40;        // values tried for each of two

struct Sample {
  double x;
  double y;
};

// The function of one element at its sample points, non-finite values left out.
struct Samples {
  std::vector<Sample> points;
  double span = 0;

  bool Agree(double got, const Sample& want) const {
    return std::abs(got - want.y) <= kRelative * std::abs(want.y) + kOfSpan * span;
  }
};

std::vector<double> Grid() {
  std::vector<double> grid{1, -1, 0, 2.5, -2.5};
  for (double x = -kGridEnd; x <= kGridEnd; x += kGridStep) grid.push_back(x);
  for (double x = kTailStart; x <= kTailEnd; x *= kTailFactor) {
    grid.push_back(x);
    grid.push_back(-x);
  }
  return grid;
}

// The function of one element.
class Subject {
 public:
  Subject(Evaluator& function, size_t unit) : function_(function), unit_(unit) {}

  double operator()(double x) { return function_(x, unit_); }
  std::vector<double> EdgesAt(double x) {
    (*this)(x);
    return function_.edges();
  }

 private:
  Evaluator& function_;
  size_t unit_;
};

// Both sides of the place between a and b where edge number `edge` changes its sign.
void AddEdge(Subject& subject, size_t edge, double a, double b, std::vector<double>& points) {
  const bool left = subject.EdgesAt(a)[edge] < 0;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = a + (b - a) / 2;
    ((subject.EdgesAt(middle)[edge] < 0) == left ? a : b) = middle;
  }
  points.push_back(a);
  points.push_back(b);
}

std::vector<double> Edges(Subject& subject, const std::vector<double>& grid) {
  std::vector<double> sorted = grid;
  std::ranges::sort(sorted);
  std::vector<double> points;
  std::vector<double> before = subject.EdgesAt(sorted.front());
  for (size_t i = 1; i < sorted.size(); ++i) {
    std::vector<double> now = subject.EdgesAt(sorted[i]);
    for (size_t edge = 0; edge < now.size(); ++edge) {
      if ((before[edge] < 0) != (now[edge] < 0)) {
        AddEdge(subject, edge, sorted[i - 1], sorted[i], points);
      }
    }
    before = std::move(now);
  }
  return points;
}

Samples Take(Subject subject, const std::vector<double>& grid) {
  Samples samples;
  for (const double x : grid) {
    const double y = subject(x);
    if (!std::isfinite(y)) continue;
    samples.points.push_back({x, y});
    if (std::abs(x) <= kNear) samples.span = std::max(samples.span, std::abs(y));
  }
  // A function that is mostly not a number is none of the table's.
  if (2 * samples.points.size() < grid.size()) samples.points.clear();
  return samples;
}

bool Matches(const Spec& spec, const Params& params, const Samples& samples) {
  return std::ranges::all_of(samples.points, [&](const Sample& sample) {
    return samples.Agree(spec.reference(sample.x, params), sample);
  });
}

// scale and shift such that scale * f + shift passes through the samples, or none.
std::optional<Affine> Fit(const Spec& spec, const Params& params, const Samples& samples) {
  const auto f = [&](const Sample& sample) { return spec.reference(sample.x, params); };
  const Sample* low = &samples.points.front();
  const Sample* high = low;
  for (const Sample& sample : samples.points) {
    if (std::abs(sample.x) > kNear) continue;
    if (f(sample) < f(*low)) low = &sample;
    if (f(sample) > f(*high)) high = &sample;
  }
  const double rise = f(*high) - f(*low);
  if (!(rise > 0)) return std::nullopt;
  const double scale = (high->y - low->y) / rise;
  const double shift = low->y - scale * f(*low);
  const bool fits = scale != 0 && std::ranges::all_of(samples.points, [&](const Sample& sample) {
                      return samples.Agree(scale * f(sample) + shift, sample);
                    });
  if (!fits) return std::nullopt;
  return Affine{{scale}, {shift}};
}

// Values that a parameter may have, given the constants in the graph.
std::vector<float> Candidates(const std::vector<double>& constants, size_t most) {
  std::vector<float> candidates;
  const auto add = [&](double value) {
    const auto rounded = static_cast<float>(value);
    if (!std::isfinite(rounded) || candidates.size() >= most) return;
    if (std::ranges::find(candidates, rounded) == candidates.end()) candidates.push_back(rounded);
  };
  for (const double c : constants) add(c);
  for (const double c : constants) add(-c);
  for (const double c : constants) add(1 / c);
  for (const double a : constants) {
    for (const double b : constants) {
      add(a * b);
      add(a / b);
      add(-a * b);
    }
  }
  return candidates;
}

// Every choice of parameters worth trying, the defaults first.
std::vector<Params> Choices(const Spec& spec, const std::vector<double>& constants) {
  std::vector<Params> choices;
  const auto add = [&](const std::map<std::string, float>& given) {
    const auto params = activation::ResolveParams(spec, given);
    if (params.ok()) choices.push_back(*params);
  };
  const auto name = [&](size_t i) { return std::string(spec.params[i].name); };
  add({});
  if (spec.param_count == 1) {
    for (const float a : Candidates(constants, kMostCandidates)) add({{name(0), a}});
  } else if (spec.param_count == 2) {
    const std::vector<float> candidates = Candidates(constants, kMostOfTwo);
    for (const float a : candidates) {
      for (const float b : candidates) add({{name(0), a}, {name(1), b}});
    }
  }
  return choices;
}

// One search: a function, seen through one affine map in front of it.
class Search {
 public:
  Search(const Evaluator& function, Affine before, size_t units)
      : function_(function.Behind(before)), before_(std::move(before)) {
    const std::vector<double> grid = Grid();
    const size_t distinct = function_.is_uniform() ? 1 : units;
    if (distinct > kMostUnits) return;
    for (size_t unit = 0; unit < distinct; ++unit) {
      Subject subject(function_, unit);
      std::vector<double> points = grid;
      if (unit == 0) {
        const std::vector<double> edges = Edges(subject, grid);
        points.insert(points.end(), edges.begin(), edges.end());
      }
      units_.push_back(Take(subject, points));
    }
  }

  bool is_possible() const {
    return !units_.empty() &&
           std::ranges::none_of(units_, [](const Samples& s) { return s.points.empty(); });
  }

  std::optional<Recognized> Exact(const Spec& spec) const {
    for (const Params& params : Choices(spec, function_.Constants(0))) {
      const bool all = std::ranges::all_of(
          units_, [&](const Samples& samples) { return Matches(spec, params, samples); });
      if (all) return Recognized{before_, &spec, params, {}, {}};
    }
    return std::nullopt;
  }

  // A per-unit activation: each unit has its own parameter.
  std::optional<Recognized> PerUnit(const Spec& spec) const {
    Recognized found{before_, &spec, {}, {}, {}};
    for (size_t unit = 0; unit < units_.size(); ++unit) {
      const auto choices = Choices(spec, function_.Constants(unit));
      const auto it = std::ranges::find_if(
          choices, [&](const Params& params) { return Matches(spec, params, units_[unit]); });
      if (it == choices.end()) return std::nullopt;
      found.slopes.push_back((*it)[0]);
    }
    return found;
  }

  std::optional<Recognized> Scaled(const Spec& spec) const {
    for (const Params& params : Choices(spec, function_.Constants(0))) {
      if (auto found = FitAll(spec, params)) return found;
    }
    return std::nullopt;
  }

 private:
  std::optional<Recognized> FitAll(const Spec& spec, const Params& params) const {
    Recognized found{before_, &spec, params, {}, {{}, {}}};
    for (const Samples& samples : units_) {
      const auto fit = Fit(spec, params, samples);
      if (!fit) return std::nullopt;
      found.after.scale.push_back(fit->scale[0]);
      found.after.shift.push_back(fit->shift[0]);
    }
    return found;
  }

  Evaluator function_;
  Affine before_;
  std::vector<Samples> units_;  // one, when all elements have the same function
};

bool IsInvertible(const Affine& affine) {
  return std::ranges::none_of(affine.scale, [](double s) { return s == 0 || !std::isfinite(s); });
}

// Affine maps that may stand in front of the activation: none, those that enter the function, and
// before these the same without their scale, which may be the function's own.
std::vector<Affine> Fronts(const Evaluator& function) {
  std::vector<Affine> fronts{Affine{}};
  const auto add = [&](const Affine& affine) {
    const bool known = std::ranges::find(fronts, affine) != fronts.end();
    if (!known && IsInvertible(affine) && fronts.size() < kMostFronts) fronts.push_back(affine);
  };
  const std::vector<Affine> uses = function.Uses();
  for (const Affine& use : uses) {
    if (use.scale.size() != 1 || use.scale[0] == 0) continue;
    Affine unscaled{{1}, use.shift};
    for (double& shift : unscaled.shift) shift /= use.scale[0];
    add(unscaled);
  }
  for (const Affine& use : uses) add(use);
  // Behind the right one all units have the same function, as a rule: those are quick to try.
  std::ranges::stable_partition(
      fronts, [&](const Affine& front) { return function.Behind(front).is_uniform(); });
  return fronts;
}

// A single node whose operand is the base: nothing to search for.
std::optional<Recognized> Direct(const Expression& expression, const Operand& value, size_t units) {
  const Atom& atom = expression[value.atom];
  if (atom.activation == nullptr || !expression[atom.operands[0].atom].is_base()) {
    return std::nullopt;
  }
  Recognized found{atom.operands[0].affine, atom.activation, atom.params, {}, value.affine};
  for (size_t unit = 0; !atom.slopes.empty() && unit < units; ++unit) {
    found.slopes.push_back(static_cast<float>(atom.slopes[atom.slopes.size() == 1 ? 0 : unit]));
  }
  return found;
}

std::optional<Recognized> FindExact(const Search& search, size_t units) {
  for (const Spec& spec : activation::All()) {
    if (spec.scope != Scope::kElementwise) continue;
    if (auto found = search.Exact(spec)) return found;
  }
  for (const Spec& spec : activation::All()) {
    if (spec.scope != Scope::kPerUnit) continue;
    if (auto found = search.PerUnit(spec)) {
      found->slopes.resize(units, found->slopes.front());
      return found;
    }
  }
  return std::nullopt;
}

std::optional<Recognized> FindScaled(const std::vector<Search>& searches) {
  for (const Search& search : searches) {
    for (const Spec& spec : activation::All()) {
      if (spec.scope != Scope::kElementwise) continue;
      if (auto found = search.Scaled(spec)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Recognized> Recognize(const Expression& expression, const Operand& value,
                                    size_t units) {
  const auto direct = Direct(expression, value, units);
  // Scaling on both sides of one activation may be the spelling of another: -softplus(-x).
  const bool maybe_spelled = direct && !direct->after.is_identity() && direct->after.is_uniform() &&
                             direct->before.scale.size() == 1;
  if (direct && !maybe_spelled) return direct;
  const Evaluator function(expression, value);
  if (!function.complete()) return std::nullopt;
  std::vector<Search> searches;
  for (const Affine& front : Fronts(function)) {
    Search search(function, front, units);
    if (!search.is_possible()) continue;
    if (auto found = FindExact(search, units)) return found;
    searches.push_back(std::move(search));
  }
  return direct ? direct : FindScaled(searches);
}

}  // namespace hillock::model::onnx
