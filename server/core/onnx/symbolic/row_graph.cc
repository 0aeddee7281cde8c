// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/symbolic/row_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace hillock::onnx {
namespace {

using activation::Spec;

const Spec* Named(std::string_view name) {
  const Spec* const spec = activation::Find(name);
  HILLOCK_CHECK(spec != nullptr);
  return spec;
}

// One number where all are the same.
void Collapse(std::vector<double>& values) {
  const auto same = [&](double v) { return v == values.front(); };
  if (std::ranges::all_of(values, same)) values.resize(1);
}

}  // namespace

bool Rows::is_integral() const {
  switch (type) {
    case DataType::kFloat:
    case DataType::kDouble:
    case DataType::kFloat16:
    case DataType::kBfloat16:
      return false;
    default:
      return true;
  }
}

RowGraph::RowGraph(size_t width, Budget& budget) : budget_(budget), place_("input") {
  AddBase({.width = width});
}

Operand RowGraph::AddBase(Base base) {
  const int atom = expression_.AddBase();
  base.place = place_;
  bases_.emplace(atom, std::move(base));
  return {atom, {}};
}

Rows RowGraph::Input(Shape shape) const { return {{bases_.begin()->first, {}}, std::move(shape)}; }

Rows RowGraph::Constant(std::vector<double> values, Shape shape, DataType type) {
  return {{Operand::kConstant, {{0}, std::move(values)}}, std::move(shape), type};
}

Rows RowGraph::AddDense(const Rows& x, Dense dense, Shape shape) {
  const Operand from = NonConstant(x);
  const size_t width = dense.outputs;
  return {AddBase({.width = width, .xs = {from}, .dense = std::move(dense)}), std::move(shape)};
}

Rows RowGraph::AddRowActivation(const Rows& x, const Spec& spec, size_t group) {
  const Operand from = NonConstant(x);
  return {AddBase({.width = x.width(), .xs = {from}, .row = &spec, .group = group}), x.shape};
}

Rows RowGraph::AddOperation(model::RowOperation operation, std::vector<Operand> xs, Shape shape,
                            DataType type) {
  const size_t width = WidthOf(shape);
  return {AddBase({.width = width, .xs = std::move(xs), .operation = std::move(operation)}),
          std::move(shape), type};
}

// A constant becomes a base of its own.
Operand RowGraph::NonConstant(const Rows& part) {
  if (!part.is_constant()) return part.value;
  model::Constant constant;
  for (size_t c = 0; c < part.width(); ++c) {
    constant.values.push_back(static_cast<float>(part.value.map.shift_at(c)));
  }
  return AddBase({.width = part.width(), .operation = std::move(constant)});
}

// The bias of a dense layer stays with it; any other scale and shift moves behind a selection, so
// that whoever reads that can absorb it.
bool RowGraph::KeepsMap(const Operand& value) const {
  const auto base = bases_.find(value.atom);
  return base != bases_.end() && base->second.dense.has_value();
}

// Looks through a selection to what it selects from. One step is enough: what Select() stores has
// been resolved, so no selection reads another.
RowGraph::Column RowGraph::Resolved(const Operand& value, uint32_t column) const {
  static const ScaleShift kNone;
  const bool keeps = KeepsMap(value);
  Column found{value.atom, keeps ? &value.map : &kNone, column, 1, 0};
  if (!keeps) {
    found.scale = value.map.scale_at(column);
    found.shift = value.map.shift_at(column);
  }
  const auto base = bases_.find(value.atom);
  const auto* const select = base == bases_.end() || !base->second.operation
                                 ? nullptr
                                 : std::get_if<model::Select>(&*base->second.operation);
  if (select == nullptr) return found;
  found.column = select->columns[column];
  for (const Operand& x : base->second.xs) {
    const auto width = static_cast<uint32_t>(BaseOf(x).width);
    if (found.column < width) {
      found.atom = x.atom;
      found.map = &x.map;
      break;
    }
    found.column -= width;
  }
  return found;
}

struct RowGraph::Selection {
  struct Source {
    int atom;
    const ScaleShift* map;
    uint32_t first;  // its first column
  };

  std::vector<Source> sources;
  uint32_t width = 0;  // of all sources
  model::Select select;
  ScaleShift map{{}, {}};
  bool in_order = true;
};

// Comparing is work that a file could ask for again and again: of many sources with every column,
// of wide maps.
absl::Status RowGraph::AddColumn(const Operand& value, uint32_t column, Selection& to) const {
  const Column found = Resolved(value, column);
  to.map.scale.push_back(found.scale);
  to.map.shift.push_back(found.shift);
  auto source = std::ranges::find_if(to.sources, [&](const Selection::Source& known) {
    budget_.Spend(1);
    if (known.atom != found.atom) return false;
    if (known.map == found.map) return true;
    budget_.Spend(found.map->size());
    return *known.map == *found.map;
  });
  HILLOCK_RETURN_IF_ERROR(budget_.CheckSteps());
  if (source == to.sources.end()) {
    const size_t width = to.width + bases_.at(expression_[found.atom].base).width;
    if (width > std::numeric_limits<uint32_t>::max()) {
      return absl::UnimplementedError(fmt::format("selects from {} columns", width));
    }
    source = to.sources.insert(source, {found.atom, found.map, to.width});
    to.width = static_cast<uint32_t>(width);
  }
  to.in_order = to.in_order && source->first + found.column == to.select.columns.size();
  to.select.columns.push_back(source->first + found.column);
  return absl::OkStatus();
}

// All columns of one value in their order are that value.
absl::StatusOr<Rows> RowGraph::Select(std::span<const Rows> parts,
                                      const std::vector<uint32_t>& columns, Shape shape) {
  if (columns.empty()) return absl::UnimplementedError("makes rows without values");
  HILLOCK_RETURN_IF_ERROR(budget_.Take(columns.size(), 2 * sizeof(double) + sizeof(uint32_t)));
  const DataType type = parts.front().type;
  const bool constant = std::ranges::all_of(parts, &Rows::is_constant);
  std::vector<size_t> ends;  // by part: the columns of all up to it
  for (const Rows& part : parts) ends.push_back((ends.empty() ? 0 : ends.back()) + part.width());
  std::vector<std::optional<Operand>> made(parts.size());  // of parts that are constant
  Selection selection;
  std::vector<double> numbers;
  for (const uint32_t wanted : columns) {
    const auto p = static_cast<size_t>(std::ranges::upper_bound(ends, wanted) - ends.begin());
    const Rows& part = parts[p];
    const auto column = static_cast<uint32_t>(wanted + part.width() - ends[p]);
    if (constant) {
      numbers.push_back(part.value.map.shift_at(column));
      continue;
    }
    if (part.is_constant() && !made[p]) made[p] = NonConstant(part);
    HILLOCK_RETURN_IF_ERROR(AddColumn(made[p] ? *made[p] : part.value, column, selection));
  }
  Collapse(constant ? numbers : selection.map.shift);
  if (constant) return Constant(std::move(numbers), std::move(shape), type);
  Collapse(selection.map.scale);
  std::vector<Operand> xs;
  for (const Selection::Source& source : selection.sources) {
    HILLOCK_RETURN_IF_ERROR(budget_.Take(source.map->size(), sizeof(double)));
    xs.push_back({source.atom, *source.map});
  }
  if (selection.in_order && xs.size() == 1 && selection.width == columns.size()) {
    return Rows{
        {xs[0].atom, ScaleShift::Compose(xs[0].map, selection.map)}, std::move(shape), type};
  }
  Rows rows = AddOperation(std::move(selection.select), std::move(xs), std::move(shape), type);
  rows.value.map = std::move(selection.map);
  return rows;
}

// An activation takes the scale and shift before it along.
void RowGraph::PromoteActivation(const Atom& atom, const Spec& spec, Base& base) {
  const ScaleShift& map = atom.operands[0].map;
  model::Scale scale;
  for (size_t c = 0; c < base.width; ++c) {
    scale.scale.push_back(static_cast<float>(map.scale_at(c)));
    scale.shift.push_back(static_cast<float>(map.shift_at(c)));
    if (atom.slopes.empty()) continue;
    base.slopes.push_back(static_cast<float>(atom.slopes[atom.slopes.size() == 1 ? 0 : c]));
  }
  base.operation = std::move(scale);
  base.xs = {{atom.operands[0].atom, {}}};
  base.activation = &spec;
  base.params = atom.params;
}

// Functions that contain the atom and have been recognized stay as they are: they are of the same
// base as before. The operands stay for texts of errors.
absl::Status RowGraph::Promote(int atom) {
  const Atom& self = expression_[atom];
  const std::string_view name = self.primitive != nullptr ? self.primitive->function : "";
  const Spec* const spec = self.activation != nullptr ? self.activation : activation::Find(name);
  Base base{.width = bases_.at(self.base).width};
  HILLOCK_RETURN_IF_ERROR(budget_.Take(2 * base.width, sizeof(double)));
  if (spec != nullptr) {
    PromoteActivation(self, *spec, base);
  } else if (const model::Function* const function = model::FindFunction(name)) {
    base.operation = model::Combine{function};
    base.xs = self.operands;
  } else {
    return absl::UnimplementedError(
        fmt::format("{} is none of the activations this server has", expression_.Text(atom)));
  }
  base.place = place_;
  bases_.emplace(atom, std::move(base));
  expression_.SetBase(atom);
  return absl::OkStatus();
}

// The dense layer of sigmoid(scale * W x + shift), with nothing after it; null for any other x.
const Dense* RowGraph::SigmoidOf(const Rows& x) const {
  if (x.is_constant()) return nullptr;
  const Atom& atom = expression_[x.value.atom];
  const bool is_sigmoid = atom.activation == Named("sigmoid") && x.value.map == ScaleShift{} &&
                          atom.operands[0].atom == atom.base;
  const Base& base = BaseOf(x.value);
  return is_sigmoid && base.dense ? &*base.dense : nullptr;
}

// softmax([0, z]) = [1 / (1 + e^z), e^z / (1 + e^z)] = [1 - sigmoid(z), sigmoid(z)]. The first unit
// has weights and bias of 0. In 1 - p, a p near 1 would cancel to nothing.
absl::StatusOr<std::optional<Rows>> RowGraph::AddComplement(const Rows& p, Shape shape) {
  const Dense* const single = p.width() == 1 ? SigmoidOf(p) : nullptr;
  if (single == nullptr) return std::nullopt;
  HILLOCK_RETURN_IF_ERROR(budget_.Take(2 * single->inputs, sizeof(float)));
  Dense pair{single->name, single->inputs, 2, std::vector<float>(single->inputs)};
  pair.weights.insert(pair.weights.end(), single->weights.begin(), single->weights.end());
  const Operand& z = expression_[p.value.atom].operands[0];
  const ScaleShift map{{1, z.map.scale_at(0)}, {0, z.map.shift_at(0)}};
  const Rows x{BaseOf(p.value).xs[0], {static_cast<int64_t>(single->inputs)}};
  Rows both = AddDense(x, std::move(pair), std::move(shape));
  both.value.map = map;
  return AddRowActivation(both, *Named("softmax"), 2);
}

bool RowGraph::IsSoftmax(const Rows& x) const {
  return !x.is_constant() && expression_[x.value.atom].is_base() && x.value.map == ScaleShift{} &&
         BaseOf(x.value).row == Named("softmax");
}

// In one step: a probability that underflows to 0 has a logarithm all the same.
absl::StatusOr<std::optional<Rows>> RowGraph::AddLogOfSoftmax(const Rows& x) {
  if (!IsSoftmax(x)) return std::nullopt;
  const Base& base = BaseOf(x.value);
  HILLOCK_RETURN_IF_ERROR(budget_.Take(base.xs[0].map.size(), sizeof(double)));
  const size_t group = base.group;
  return AddRowActivation({base.xs[0], x.shape}, *Named("log_softmax"), group);
}

// A softmax, or sigmoid(z) + sigmoid(-z) = 1: two units whose weights and biases are each other's
// negatives.
bool RowGraph::SumsToOne(const Rows& x) const {
  if (IsSoftmax(x)) return BaseOf(x.value).group == x.width();
  const Dense* const dense = x.width() == 2 ? SigmoidOf(x) : nullptr;
  if (dense == nullptr) return false;
  for (size_t i = 0; i < dense->inputs; ++i) {
    if (dense->weights[i] != -dense->weights[dense->inputs + i]) return false;
  }
  const ScaleShift& before = expression_[x.value.atom].operands[0].map;
  return before.scale_at(0) == before.scale_at(1) && before.shift_at(0) == -before.shift_at(1);
}

// A softmax keeps the order of its columns, so the largest is at the same position before it. Where
// it runs over groups, that holds within each only.
Operand RowGraph::BeforeSoftmax(const Operand& value) const {
  const auto base = bases_.find(value.atom);
  const bool is_softmax = base != bases_.end() && base->second.row == Named("softmax") &&
                          base->second.group == base->second.width && value.map == ScaleShift{};
  return is_softmax ? base->second.xs[0] : value;
}

void RowGraph::NameColumns(const Rows& x, std::vector<std::string> names) {
  const auto base = bases_.find(x.value.atom);
  if (base == bases_.end() || !(x.value.map == ScaleShift{}) || !base->second.operation) return;
  const auto* const reduce = std::get_if<model::Reduce>(&*base->second.operation);
  const bool is_largest = reduce != nullptr && reduce->reduction->name == "argmax";
  if (!is_largest || x.width() != 1 || BaseOf(base->second.xs[0]).width != names.size()) return;
  column_names_.emplace_back(BeforeSoftmax(base->second.xs[0]), std::move(names));
}

const std::vector<std::string>* RowGraph::ColumnNames(const Rows& x) const {
  if (!x.column_names.empty()) return &x.column_names;
  if (x.is_constant()) return nullptr;
  const Operand value = BeforeSoftmax(x.value);
  for (const auto& [named, names] : column_names_) {
    if (named.atom == value.atom && named.map == value.map) return &names;
  }
  return nullptr;
}

// Of use are the columns of the input as they come, all of them or a selection. A column that is
// limited twice has to be within both.
void RowGraph::LimitTo(const Rows& x, double low, double high) {
  if (x.is_constant() || !(x.value.map == ScaleShift{})) return;
  const auto base = bases_.find(x.value.atom);
  if (base == bases_.end()) return;
  const int input = bases_.begin()->first;
  std::vector<uint32_t> columns(x.width());
  std::iota(columns.begin(), columns.end(), 0);
  if (base->first != input) {
    if (!base->second.operation || base->second.xs.size() != 1 ||
        base->second.xs[0].atom != input) {
      return;
    }
    const auto* const select = std::get_if<model::Select>(&*base->second.operation);
    if (select == nullptr) return;
    columns = select->columns;
  }
  for (const uint32_t column : columns) {
    const auto [it, added] = limits_.try_emplace(column, Limits{low, high});
    if (added) continue;
    it->second = {std::max(it->second.low, low), std::min(it->second.high, high)};
  }
}

double RowGraph::CodeOf(std::string_view word) {
  const auto [it, added] =
      codes_.try_emplace(std::string(word), static_cast<double>(words_.size()));
  if (added) words_.emplace_back(word);
  return it->second;
}

}  // namespace hillock::onnx
