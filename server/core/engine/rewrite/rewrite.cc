// SPDX-License-Identifier: Apache-2.0
#include "server/core/engine/rewrite/rewrite.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/core/base/background_thread.h"
#include "server/core/engine/rewrite/affine_map.h"
#include "server/core/engine/rewrite/normalization_folding.h"

namespace hillock::engine {
namespace {

using model::ValueId;
using Layers = std::span<model::Layer* const>;

// The most layers that become one. Keeps the search for the cheapest cuts linear in a chain's
// length.
constexpr size_t kMaxGroup = 16;

// More than any real cost, and far from an overflow.
constexpr size_t kImpossible = size_t{1} << 60;

const model::Scale* ScaleOf(const model::Layer& layer) {
  return layer.is_dense() ? nullptr : std::get_if<model::Scale>(&*layer.operation);
}

size_t MultiplyAdds(Layers layers) {
  size_t sum = 0;
  for (const model::Layer* layer : layers) {
    sum += layer->is_dense() ? layer->inputs * layer->outputs : layer->outputs;
  }
  return sum;
}

// The multiply-adds of the layer that a group becomes. None begins with a scale: its rounding falls
// on the values, and would fall on the weights.
size_t Collapsed(Layers group) {
  if (group.size() == 1) return MultiplyAdds(group);
  const model::Layer& first = *group.front();
  return first.is_dense() ? first.inputs * group.back()->outputs : kImpossible;
}

std::string Size(const model::Layer& layer) {
  if (!layer.is_dense()) return fmt::format("'{}'", layer.name);
  return fmt::format("'{}' {}->{}", layer.name, layer.inputs, layer.outputs);
}

std::string Sizes(Layers layers) {
  std::string text;
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::string_view before = i == 0 ? "" : i + 1 == layers.size() ? " and " : ", ";
    text += fmt::format("{}{}", before, Size(*layers[i]));
  }
  return text;
}

using Chain = std::vector<model::Layer*>;

bool ReadsInput(const model::Layer& layer) {
  return std::ranges::find(layer.sources(), ValueId::kInput) != layer.sources().end();
}

// Whether a dense layer can compute it: W x + b or a scale, and an activation of all its columns.
bool CanBeDense(const model::Layer& layer) {
  const bool in_groups = layer.activation->scope == activation::Scope::kRow && layer.group != 0 &&
                         layer.group != layer.outputs;
  return layer.is_dense() || (ScaleOf(layer) != nullptr && !in_groups);
}

bool IsAffine(const model::Layer& layer) {
  return CanBeDense(layer) && layer.activation->name == activation::kIdentity;
}

// Of a layer that CanBeDense().
ValueId SourceOf(const model::Layer& layer) { return layer.sources().front(); }

// The dense layers and scales with nothing but identity between them: each but the last is read by
// the next one, by no other layer, and is no output. Every layer is in one chain, one of another
// kind in a chain of its own.
std::vector<Chain> ChainsOf(std::vector<model::Layer>& layers,
                            const std::vector<model::Output>& outputs) {
  model::ValueMap<size_t> readers(layers.size());
  for (const model::Layer& layer : layers) {
    for (const ValueId source : layer.sources()) ++readers[source];
  }
  for (const model::Output& output : outputs) readers[output.source] += 2;  // one is too many
  std::vector<Chain> chains;
  model::ValueMap<size_t> chain_of(layers.size());
  for (size_t i = 0; i < layers.size(); ++i) {
    model::Layer& layer = layers[i];
    const ValueId source = CanBeDense(layer) ? SourceOf(layer) : ValueId::kInput;
    const bool follows = source != ValueId::kInput && readers[source] == 1 &&
                         IsAffine(layers[model::LayerOf(source)]);
    const size_t chain = follows ? chain_of[source] : chains.size();
    if (!follows) chains.emplace_back();
    chains[chain].push_back(&layer);
    chain_of[model::OutputOf(i)] = chain;
  }
  return chains;
}

// Cuts a chain into the groups that need the fewest multiply-adds when each becomes one layer:
//   cost[end] = min over first of cost[first] + Collapsed(first to end - 1).
// Of equal costs the shortest last group is taken, so that nothing is joined without a gain.
std::vector<Layers> CheapestGroups(Layers chain) {
  std::vector<size_t> cost(chain.size() + 1);   // of the first so many layers
  std::vector<size_t> start(chain.size() + 1);  // of the last group of them
  for (size_t end = 1; end <= chain.size(); ++end) {
    for (size_t length = 1; length <= std::min(end, kMaxGroup); ++length) {
      const size_t first = end - length;
      const size_t with = cost[first] + Collapsed(chain.subspan(first, length));
      if (length > 1 && with >= cost[end]) continue;
      cost[end] = with;
      start[end] = first;
    }
  }
  std::vector<Layers> groups;
  for (size_t end = chain.size(); end > 0; end = start[end]) {
    groups.push_back(chain.subspan(start[end], end - start[end]));
  }
  std::ranges::reverse(groups);
  return groups;
}

// The multiply-adds of ProductOf(group).
size_t ProductCost(Layers group) {
  size_t sum = 0;
  for (const model::Layer* layer : group.first(group.size() - 1)) {
    sum += group.back()->outputs * layer->outputs * layer->inputs;
  }
  return sum;
}

// From the last dense layer inwards, since networks narrow towards their outputs.
// REQUIRES: the first is dense.
AffineMap ProductOf(Layers group) {
  size_t last = group.size() - 1;
  while (!group[last]->is_dense()) --last;
  AffineMap product = AffineMapOf(*group[last]);
  for (const model::Layer* layer : group.subspan(last + 1)) {
    product = ScaleOutputs(std::move(product), *ScaleOf(*layer));
  }
  for (size_t i = last; i > 0; --i) {
    const model::Scale* const scale = ScaleOf(*group[i - 1]);
    product = scale != nullptr ? ScaleInputs(std::move(product), *scale)
                               : Compose(product, AffineMapOf(*group[i - 1]));
  }
  return product;
}

// Collapses group by group, in the order of the groups' last layers, so that every layer still
// comes after the one it reads. Folds the normalization last, into the layers that then read the
// input; a collapsed one still has its exact product for that, so its weights are rounded once.
class Rewriter {
 public:
  Rewriter(model::Mlp mlp, Precision precision)
      : layers_(std::exchange(mlp.layers, {})),
        precision_(precision),
        moved_(layers_.size()),
        result_{std::move(mlp), {}} {}

  Rewritten Run() && {
    const std::vector<Chain> chains = ChainsOf(layers_, result_.mlp.outputs);
    std::vector<Layers> groups(layers_.size());  // by the last layer of each
    for (const Chain& chain : chains) {
      for (const Layers group : CheapestGroups(chain)) groups[IndexOf(*group.back())] = group;
    }
    for (const Layers group : groups) {
      YieldIfContended();
      if (!group.empty()) Collapse(group);
    }
    for (model::Output& output : result_.mlp.outputs) output.source = moved_[output.source];
    if (!result_.mlp.offset.empty()) FoldNormalization();
    return std::move(result_);
  }

 private:
  template <typename... T>
  void Note(fmt::format_string<T...> format, T&&... arguments) {
    result_.notes.push_back(fmt::format(format, std::forward<T>(arguments)...));
  }

  size_t IndexOf(const model::Layer& layer) const {
    return static_cast<size_t>(&layer - layers_.data());
  }

  // Takes the place of the group that reads `source` and ends with the old layer `last`.
  void Add(model::Layer layer, ValueId source, size_t last, std::optional<AffineMap> exact) {
    auto& layers = result_.mlp.layers;
    layer.source = moved_[source];
    for (ValueId& operand : layer.operands) operand = moved_[operand];
    moved_[model::OutputOf(last)] = model::OutputOf(layers.size());
    layers.push_back(std::move(layer));
    exact_.push_back(std::move(exact));
  }

  void Keep(Layers group) {
    for (model::Layer* const layer : group) {
      const ValueId source = layer->source;
      Add(std::move(*layer), source, IndexOf(*layer), std::nullopt);
    }
  }

  void Collapse(Layers group) {
    if (group.size() == 1) return Keep(group);
    if (const size_t cost = ProductCost(group); cost > kMaxProduct) {
      Note("kept {} separate: their product takes {} multiply-adds, at most {} are spent",
           Sizes(group), cost, kMaxProduct);
      return Keep(group);
    }
    AffineMap product = ProductOf(group);
    auto layer = WithDense(*group.back(), product);
    if (!layer) {
      Note("kept {} separate: their product overflows a float", Sizes(group));
      return Keep(group);
    }
    Note("collapsed {} into {}: {} multiply-adds a row, {} saved", Sizes(group), Size(*layer),
         Collapsed(group), MultiplyAdds(group) - Collapsed(group));
    const ValueId source = SourceOf(*group.front());
    const bool may_fold = source == ValueId::kInput && !result_.mlp.offset.empty();
    Add(*std::move(layer), source, IndexOf(*group.back()),
        may_fold ? std::optional(std::move(product)) : std::nullopt);
  }

  // Into every layer that reads the input, or into none.
  void FoldNormalization() {
    model::Mlp& mlp = result_.mlp;
    if (!SpecOf(precision_).folds_normalization) {
      return Note("kept the normalization before {}: {} would round what it subtracts from",
                  InputReaders(), PrecisionName(precision_));
    }
    std::vector<model::Layer> folded;
    for (size_t i = 0; i < mlp.layers.size(); ++i) {
      if (!ReadsInput(mlp.layers[i])) continue;
      auto layer = Folded(mlp.layers[i], std::move(exact_[i]));
      if (!layer) return;
      folded.push_back(*std::move(layer));
    }
    auto next = folded.begin();
    for (model::Layer& layer : mlp.layers) {
      if (ReadsInput(layer)) layer = std::move(*next++);
    }
    Note("folded the normalization into {}: {} multiply-adds a row saved", InputReaders(),
         mlp.input_width());
    mlp.offset.clear();
    mlp.scale.clear();
  }

  std::string InputReaders() {
    std::vector<model::Layer*> readers;
    for (model::Layer& layer : result_.mlp.layers) {
      if (ReadsInput(layer)) readers.push_back(&layer);
    }
    return Sizes(readers);
  }

  // `plain` with the normalization in it; none, and a note, where that would not keep the answer.
  std::optional<model::Layer> Folded(const model::Layer& plain, std::optional<AffineMap> exact) {
    if (!plain.is_dense()) {
      Note("kept the normalization before {}: it is not dense", Size(plain));
      return std::nullopt;
    }
    const model::Mlp& mlp = result_.mlp;
    AffineMap dense = exact ? *std::move(exact) : AffineMapOf(plain);
    auto folded =
        WithDense(plain, engine::FoldNormalization(std::move(dense), mlp.offset, mlp.scale));
    if (!folded) {
      Note("kept the normalization before {}: folded in it overflows a float", Size(plain));
      return std::nullopt;
    }
    const FoldingErrors errors = MeasureFolding(mlp.offset, mlp.scale, plain, *folded);
    if (KeepsTheAnswer(errors)) return folded;
    Note(
        "kept the normalization before {}: error on calibration rows {:.1e} folded, {:.1e} "
        "separate, want at most {:.0e}",
        Size(plain), errors.folded, errors.separate, kFoldingTolerance);
    return std::nullopt;
  }

  std::vector<model::Layer> layers_;  // as they were; moved from when they stay
  Precision precision_;
  model::ValueMap<ValueId> moved_;  // the new value of each old one that still exists
  Rewritten result_;
  std::vector<std::optional<AffineMap>> exact_;  // of collapsed layers that may take normalization
};

}  // namespace

Rewritten Rewrite(model::Mlp mlp, Precision precision) {
  return Rewriter(std::move(mlp), precision).Run();
}

}  // namespace hillock::engine
