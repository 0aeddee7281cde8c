// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/rewrite/selection_folding.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace hillock::engine {
namespace {

using model::Layer;
using model::LayerOf;
using model::Mlp;
using model::OutputOf;
using model::ValueId;
using model::ValueMap;

bool IsIdentity(const Layer& layer) { return layer.activation->name == activation::kIdentity; }

const model::Select* SelectOf(const Layer& layer) {
  return layer.is_dense() ? nullptr : std::get_if<model::Select>(&*layer.operation);
}

bool IsCopy(const Layer& layer) {
  const auto* const combine =
      layer.is_dense() ? nullptr : std::get_if<model::Combine>(&*layer.operation);
  return combine != nullptr && combine->function->name == "copy";
}

bool IsInOrder(const model::Select& select) {
  for (size_t i = 0; i < select.columns.size(); ++i) {
    if (select.columns[i] != i) return false;
  }
  return true;
}

// Whether the layer's value is that of its source.
bool IsNothing(const Mlp& mlp, const Layer& layer) {
  const model::Select* const select = SelectOf(layer);
  const bool keeps = select != nullptr ? IsInOrder(*select) : IsCopy(layer);
  return keeps && layer.operands.size() == 1 && layer.outputs == mlp.width(layer.operands[0]) &&
         IsIdentity(layer);
}

bool IsOutput(const Mlp& mlp, ValueId value) {
  return std::ranges::any_of(mlp.outputs, [&](const model::Output& output) {
    return !output.is_constant && output.source == value;
  });
}

// Layers that take the place of those of a model. They are added in an order in which what a layer
// reads comes before it, so moved_ knows every value that it is asked for.
class Rebuilt {
 public:
  explicit Rebuilt(size_t layers) : moved_(layers) {}

  // A layer that reads old values, in place of the one that computed `old`.
  void Add(Layer layer, ValueId old) {
    layer.source = moved_[layer.source];
    for (ValueId& operand : layer.operands) operand = moved_[operand];
    moved_[old] = OutputOf(layers_.size());
    layers_.push_back(std::move(layer));
  }

  // One old value in place of another.
  void Alias(ValueId old, ValueId same) { moved_[old] = moved_[same]; }

  void MoveTo(Mlp& mlp) && {
    mlp.layers = std::move(layers_);
    for (model::Output& output : mlp.outputs) output.source = moved_[output.source];
  }

 private:
  std::vector<Layer> layers_;
  ValueMap<ValueId> moved_;
};

void DropNothings(Mlp& mlp, std::vector<std::string>& notes) {
  Rebuilt rebuilt(mlp.layers.size());
  // Judged before the first layer is moved away, as IsNothing() looks at the layers read.
  std::vector<char> nothing;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const Layer& layer = mlp.layers[i];
    nothing.push_back(IsNothing(mlp, layer) &&
                      !(layer.operands[0] == ValueId::kInput && IsOutput(mlp, OutputOf(i))));
  }
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    if (nothing[i]) {
      notes.push_back(fmt::format("dropped '{}': it changes nothing", mlp.layers[i].name));
      rebuilt.Alias(OutputOf(i), mlp.layers[i].operands[0]);
    } else {
      rebuilt.Add(std::move(mlp.layers[i]), OutputOf(i));
    }
  }
  std::move(rebuilt).MoveTo(mlp);
}

// Whether a selection can be computed in its dense layer.
bool CanJoin(const Layer& dense, const Layer& selection) {
  if (selection.operands.size() != 1) return false;
  if (!IsIdentity(dense)) {
    return IsIdentity(selection) && dense.activation->scope != activation::Scope::kRow;
  }
  return selection.activation->scope != activation::Scope::kRow || selection.group == 0 ||
         selection.group == selection.outputs;
}

// The layers that read each dense layer whose readers are selections that can join it, else none.
std::vector<std::vector<size_t>> SelectionsOf(const Mlp& mlp) {
  std::vector<std::vector<size_t>> readers(mlp.layers.size());
  std::vector<char> fits(mlp.layers.size());
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    fits[i] = mlp.layers[i].is_dense() && !IsOutput(mlp, OutputOf(i));
    for (const ValueId source : mlp.layers[i].sources()) {
      if (source == ValueId::kInput) continue;
      const size_t read = LayerOf(source);
      readers[read].push_back(i);
      fits[read] = fits[read] && SelectOf(mlp.layers[i]) != nullptr &&
                   CanJoin(mlp.layers[read], mlp.layers[i]);
    }
  }
  const auto width = [&](size_t i) {
    return (mlp.layers[i].outputs + kUnitStep - 1) / kUnitStep * kUnitStep;
  };
  for (size_t i = 0; i < readers.size(); ++i) {
    size_t together = 0;
    for (const size_t reader : readers[i]) together += width(reader);
    if (!fits[i] || together > width(i)) readers[i].clear();
  }
  return readers;
}

// The units of a dense layer that a selection takes, with the activation of either.
Layer UnitsOf(const Layer& dense, const Layer& selection) {
  const Layer& active = IsIdentity(dense) ? selection : dense;
  Layer units = WithoutWeights(dense);
  units.name = selection.name;
  units.outputs = selection.outputs;
  units.activation = active.activation;
  units.params = active.params;
  if (&active == &selection) units.slopes = selection.slopes;
  for (const uint32_t unit : SelectOf(selection)->columns) {
    const auto row = dense.weights.begin() + static_cast<ptrdiff_t>(unit * dense.inputs);
    units.weights.insert(units.weights.end(), row, row + static_cast<ptrdiff_t>(dense.inputs));
    units.bias.push_back(dense.bias[unit]);
    if (!dense.slopes.empty()) units.slopes.push_back(dense.slopes[unit]);
  }
  return units;
}

void JoinSelections(Mlp& mlp, std::vector<std::string>& notes) {
  const std::vector<std::vector<size_t>> selections = SelectionsOf(mlp);
  std::vector<const Layer*> joins(mlp.layers.size());  // the dense layer that a selection joins
  for (size_t i = 0; i < selections.size(); ++i) {
    for (const size_t selection : selections[i]) joins[selection] = &mlp.layers[i];
  }
  Rebuilt rebuilt(mlp.layers.size());
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    Layer& layer = mlp.layers[i];
    if (joins[i] != nullptr) {
      notes.push_back(fmt::format("made '{}' {} units of '{}' {}->{}", layer.name, layer.outputs,
                                  joins[i]->name, joins[i]->inputs, joins[i]->outputs));
      rebuilt.Add(UnitsOf(*joins[i], layer), OutputOf(i));
    } else if (selections[i].empty()) {
      rebuilt.Add(std::move(layer), OutputOf(i));
    }
  }
  std::move(rebuilt).MoveTo(mlp);
}

}  // namespace

// What DropNothings() or JoinSelections() could change, without looking at any columns.
bool HasSelections(const Mlp& mlp) {
  return std::ranges::any_of(
      mlp.layers, [](const Layer& layer) { return SelectOf(layer) != nullptr || IsCopy(layer); });
}

Rewritten FoldSelections(Mlp mlp) {
  Rewritten result{std::move(mlp), {}};
  // Dropped first: a selection behind a copy then reads the dense layer itself, and may join it.
  DropNothings(result.mlp, result.notes);
  JoinSelections(result.mlp, result.notes);
  return result;
}

}  // namespace hillock::engine
