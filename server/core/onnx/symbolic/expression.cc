// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/symbolic/expression.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

namespace hillock::onnx {
namespace {

constexpr size_t kMaxText = 96;
constexpr int kMaxDepth = 8;
constexpr double kSame = 1e-12;  // doubles that differ by less were computed from equal floats

}  // namespace

bool ScaleShift::is_identity() const {
  return std::ranges::all_of(scale, [](double s) { return s == 1; }) &&
         std::ranges::all_of(shift, [](double t) { return t == 0; });
}

bool ScaleShift::is_finite() const {
  const auto finite = [](double value) { return std::isfinite(value); };
  return std::ranges::all_of(scale, finite) && std::ranges::all_of(shift, finite);
}

// g(f(x)) = (f.scale g.scale) x + (f.shift g.scale + g.shift). A list stays one number where all
// that it is made of are.
ScaleShift ScaleShift::Compose(const ScaleShift& f, const ScaleShift& g) {
  ScaleShift both;
  both.scale.resize(std::max(f.scale.size(), g.scale.size()));
  both.shift.resize(std::max({f.shift.size(), g.shift.size(), g.scale.size()}));
  for (size_t c = 0; c < both.scale.size(); ++c) both.scale[c] = f.scale_at(c) * g.scale_at(c);
  for (size_t c = 0; c < both.shift.size(); ++c) {
    both.shift[c] = f.shift_at(c) * g.scale_at(c) + g.shift_at(c);
  }
  return both;
}

int Expression::AddBase() {
  atoms_.emplace_back();
  const int index = static_cast<int>(atoms_.size()) - 1;
  atoms_.back().base = index;
  return index;
}

int Expression::Add(Atom atom) {
  atoms_.push_back(std::move(atom));
  return static_cast<int>(atoms_.size()) - 1;
}

std::string Expression::Text(int atom, int depth) const {
  if (atom == Operand::kConstant) return "c";
  const Atom& self = (*this)[atom];
  if (self.is_base()) return "x";
  if (depth == kMaxDepth) return "...";
  std::string text(self.primitive != nullptr ? self.primitive->op : self.activation->name);
  text += '(';
  for (const Operand& operand : self.operands) {
    if (text.size() > kMaxText) return text.substr(0, kMaxText) + "...";
    if (&operand != &self.operands.front()) text += ", ";
    text += Text(operand.atom, depth + 1);
  }
  return text + ')';
}

namespace {

// The atoms that `root` is made of, bases left out, in ascending order: an atom's operands have
// lower numbers, so they come before it. Each is visited once, however often it is read: a graph of
// n atoms has up to 2^n ways through it.
std::set<int> Reach(const Expression& expression, int root, size_t most) {
  std::set<int> found;
  std::vector<int> open{root};
  while (!open.empty() && found.size() <= most) {
    const int atom = open.back();
    open.pop_back();
    if (atom == Operand::kConstant || expression[atom].is_base() || !found.insert(atom).second) {
      continue;
    }
    for (const Operand& operand : expression[atom].operands) open.push_back(operand.atom);
  }
  return found;
}

// `value`, or its only element where all are the same but for rounding.
void Collapse(std::vector<double>& values) {
  const auto close = [&](double v) {
    return std::abs(v - values[0]) <= kSame * std::abs(values[0]);
  };
  if (std::ranges::all_of(values, close)) values.resize(1);
}

// The map with relative(before(x)) = use(x):
//   scale = use.scale / before.scale      shift = use.shift - scale before.shift
// A shift that is nothing but rounding counts as 0, else equal reads would seem to differ.
ScaleShift Relative(const ScaleShift& use, const ScaleShift& before) {
  if (use == before) return {};
  ScaleShift relative{{}, {}};
  const size_t count =
      std::max({use.scale.size(), use.shift.size(), before.scale.size(), before.shift.size()});
  for (size_t c = 0; c < count; ++c) {
    const double scale = use.scale_at(c) / before.scale_at(c);
    const double undone = scale * before.shift_at(c);
    const double shift = use.shift_at(c) - undone;
    relative.scale.push_back(scale);
    relative.shift.push_back(std::abs(shift) <= kSame * std::abs(undone) ? 0 : shift);
  }
  Collapse(relative.scale);
  Collapse(relative.shift);
  return relative;
}

}  // namespace

Evaluator::Evaluator(const Expression& expression, const Operand& root) {
  const std::set<int> atoms = Reach(expression, root.atom, kMaxAtoms);
  complete_ = atoms.size() <= kMaxAtoms;
  const auto here = [&](Operand operand) {
    if (operand.atom == Operand::kConstant) return operand;
    const auto it = atoms.find(operand.atom);
    operand.atom = it == atoms.end() ? kBase : static_cast<int>(std::distance(atoms.begin(), it));
    return operand;
  };
  for (const int index : atoms) {
    steps_.push_back({&expression[index], {}});
    for (const Operand& operand : expression[index].operands) {
      steps_.back().operands.push_back(here(operand));
    }
  }
  root_ = here(root);
  values_.resize(steps_.size());
}

Evaluator Evaluator::After(const ScaleShift& before) const {
  Evaluator other = *this;
  for (Step& step : other.steps_) {
    for (Operand& operand : step.operands) {
      if (operand.atom == kBase) operand.map = Relative(operand.map, before);
    }
  }
  return other;
}

bool Evaluator::is_uniform() const {
  return root_.map.is_uniform() && std::ranges::all_of(steps_, [](const Step& step) {
           return step.atom->slopes.size() <= 1 &&
                  std::ranges::all_of(step.operands,
                                      [](const Operand& o) { return o.map.is_uniform(); });
         });
}

size_t Evaluator::numbers() const {
  size_t numbers = root_.map.size();
  for (const Step& step : steps_) {
    for (const Operand& operand : step.operands) numbers += operand.map.size();
  }
  return numbers;
}

std::vector<ScaleShift> Evaluator::Uses() const {
  std::vector<ScaleShift> uses;
  for (const Step& step : steps_) {
    for (const Operand& operand : step.operands) {
      if (operand.atom == kBase && std::ranges::find(uses, operand.map) == uses.end()) {
        uses.push_back(operand.map);
      }
    }
  }
  return uses;
}

std::vector<double> Evaluator::Constants(size_t unit) const {
  std::vector<double> constants;
  const auto add = [&](const ScaleShift& map) {
    constants.push_back(map.scale_at(unit));
    constants.push_back(map.shift_at(unit));
  };
  add(root_.map);
  for (const Step& step : steps_) {
    for (const Operand& operand : step.operands) add(operand.map);
    for (const float param : step.atom->params) constants.push_back(double{param});
    const auto& slopes = step.atom->slopes;
    if (!slopes.empty()) constants.push_back(slopes[slopes.size() == 1 ? 0 : unit]);
  }
  std::ranges::sort(constants);
  constants.erase(std::unique(constants.begin(), constants.end()), constants.end());
  return constants;
}

double Evaluator::Value(const Operand& operand, size_t unit) const {
  const double shift = operand.map.shift_at(unit);
  if (operand.atom == Operand::kConstant) return shift;
  const double atom = operand.atom == kBase ? x_ : values_[static_cast<size_t>(operand.atom)];
  return operand.map.scale_at(unit) * atom + shift;
}

// Every point leaves the same edges in the same order, so samples can be compared edge by edge.
double Evaluator::Apply(const Step& step, size_t unit) {
  const Atom& atom = *step.atom;
  double operands[3] = {};
  for (size_t i = 0; i < step.operands.size() && i < 3; ++i) {
    operands[i] = Value(step.operands[i], unit);
  }
  if (atom.primitive != nullptr) {
    if (atom.primitive->kinked) edges_.push_back(operands[0] - operands[1]);
    return atom.primitive->apply(operands[0], operands[1], operands[2]);
  }
  activation::Params params = atom.params;
  if (!atom.slopes.empty()) {
    params[0] = static_cast<float>(atom.slopes[atom.slopes.size() == 1 ? 0 : unit]);
  }
  edges_.push_back(operands[0]);
  for (size_t i = 0; i < atom.activation->param_count; ++i) {
    edges_.push_back(operands[0] - double{atom.params[i]});
  }
  return atom.activation->reference(operands[0], params);
}

double Evaluator::operator()(double x, size_t unit) {
  x_ = x;
  edges_.clear();
  for (size_t i = 0; i < steps_.size(); ++i) values_[i] = Apply(steps_[i], unit);
  return Value(root_, unit);
}

}  // namespace hillock::onnx
