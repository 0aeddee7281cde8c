#include "server/core/engine/rewrite.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/engine/affine_map.h"
#include "server/core/engine/normalization_folding.h"

namespace hillock::engine {
namespace {

using Layers = std::span<model::Layer* const>;

// Most layers that become one. It keeps the search for the cheapest cuts linear in a chain's
// length.
constexpr size_t kLongestGroup = 16;

size_t MultiplyAdds(Layers layers) {
  size_t sum = 0;
  for (const model::Layer* layer : layers) sum += layer->inputs * layer->outputs;
  return sum;
}

size_t Collapsed(Layers group) { return group.front()->inputs * group.back()->outputs; }

std::string Size(const model::Layer& layer) {
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

// The layers that nothing but identity lies between: each is read by the next and by nobody else.
// Every layer is in one chain.
std::vector<Chain> ChainsOf(std::vector<model::Layer>& layers,
                            const std::vector<model::Output>& outputs) {
  std::vector<size_t> readers(layers.size() + 1);  // of each value
  for (const model::Layer& layer : layers) ++readers[layer.source];
  for (const model::Output& output : outputs) readers[output.source] += 2;
  std::vector<Chain> chains;
  std::vector<size_t> chain_of(layers.size() + 1);  // by value
  for (size_t i = 0; i < layers.size(); ++i) {
    model::Layer& layer = layers[i];
    const bool follows = layer.source != model::kInputValue && readers[layer.source] == 1 &&
                         layers[layer.source - 1].activation->name == activation::kIdentity;
    chain_of[i + 1] = follows ? chain_of[layer.source] : chains.size();
    if (!follows) chains.emplace_back();
    chains[chain_of[i + 1]].push_back(&layer);
  }
  return chains;
}

// Cuts a chain into the groups that need the fewest multiply-adds when each becomes one layer.
std::vector<Layers> CheapestGroups(Layers chain) {
  std::vector<size_t> cost(chain.size() + 1);   // of the first so many layers
  std::vector<size_t> start(chain.size() + 1);  // of the last group of them
  for (size_t end = 1; end <= chain.size(); ++end) {
    for (size_t length = 1; length <= std::min(end, kLongestGroup); ++length) {
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

// From the last layer inwards, since networks narrow towards their outputs.
AffineMap ProductOf(Layers group) {
  AffineMap product = AffineOf(*group.back());
  for (size_t i = group.size() - 1; i > 0; --i) {
    product = Compose(product, AffineOf(*group[i - 1]));
  }
  return product;
}

class Rewriter {
 public:
  Rewriter(model::Mlp mlp, Precision precision)
      : layers_(std::exchange(mlp.layers, {})),
        precision_(precision),
        moved_(layers_.size() + 1),
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
    if (!result_.mlp.offset.empty()) Fold();
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

  // In place of the group that ends with the old layer `last`.
  void Add(model::Layer layer, size_t source, size_t last, std::optional<AffineMap> exact) {
    auto& layers = result_.mlp.layers;
    layer.source = moved_[source];
    layers.push_back(std::move(layer));
    exact_.push_back(std::move(exact));
    moved_[last + 1] = layers.size();
  }

  void Keep(Layers group) {
    for (model::Layer* const layer : group) {
      Add(std::move(*layer), layer->source, IndexOf(*layer), std::nullopt);
    }
  }

  void Collapse(Layers group) {
    if (group.size() == 1) return Keep(group);
    if (const size_t cost = ProductCost(group); cost > kMaxProduct) {
      Note("kept {} apart: their product takes {} multiply-adds, at most {} are spent",
           Sizes(group), cost, kMaxProduct);
      return Keep(group);
    }
    AffineMap product = ProductOf(group);
    auto layer = WithDense(*group.back(), product);
    if (!layer) {
      Note("kept {} apart: their product overflows a float", Sizes(group));
      return Keep(group);
    }
    Note("collapsed {} into {}: {} multiply-adds a row, {} saved", Sizes(group), Size(*layer),
         Collapsed(group), MultiplyAdds(group) - Collapsed(group));
    const size_t source = group.front()->source;
    const bool may_fold = source == model::kInputValue && !result_.mlp.offset.empty();
    Add(*std::move(layer), source, IndexOf(*group.back()),
        may_fold ? std::optional(std::move(product)) : std::nullopt);
  }

  // Into every layer that reads the input, or into none.
  void Fold() {
    model::Mlp& mlp = result_.mlp;
    if (precision_ == Precision::kBf16) {
      return Note("kept the normalization before {}: bf16 would round what it subtracts from",
                  Folders());
    }
    std::vector<model::Layer> folded;
    for (size_t i = 0; i < mlp.layers.size(); ++i) {
      if (mlp.layers[i].source != model::kInputValue) continue;
      auto layer = Folded(mlp.layers[i], std::move(exact_[i]));
      if (!layer) return;
      folded.push_back(*std::move(layer));
    }
    auto next = folded.begin();
    for (model::Layer& layer : mlp.layers) {
      if (layer.source == model::kInputValue) layer = std::move(*next++);
    }
    Note("folded the normalization into {}: {} multiply-adds a row saved", Folders(), mlp.inputs());
    mlp.offset.clear();
    mlp.scale.clear();
  }

  std::string Folders() {
    std::vector<model::Layer*> readers;
    for (model::Layer& layer : result_.mlp.layers) {
      if (layer.source == model::kInputValue) readers.push_back(&layer);
    }
    return Sizes(readers);
  }

  // `plain` with the normalization in it; none, and a note, where that would not keep the answer.
  std::optional<model::Layer> Folded(const model::Layer& plain, std::optional<AffineMap> exact) {
    const model::Mlp& mlp = result_.mlp;
    AffineMap dense = exact ? *std::move(exact) : AffineOf(plain);
    auto folded = WithDense(plain, FoldNormalization(std::move(dense), mlp.offset, mlp.scale));
    if (!folded) {
      Note("kept the normalization before {}: folded in it overflows a float", Size(plain));
      return std::nullopt;
    }
    const FoldingErrors errors = ProbeFolding(mlp.offset, mlp.scale, plain, *folded);
    if (KeepsTheAnswer(errors)) return folded;
    Note(
        "kept the normalization before {}: folded in it would be off by {:.1e} on calibration "
        "rows, "
        "apart it is by {:.1e}, and {:.0e} is allowed",
        Size(plain), errors.folded, errors.apart, kFoldingTolerance);
    return std::nullopt;
  }

  std::vector<model::Layer> layers_;  // as they were; moved from when they stay
  Precision precision_;
  std::vector<size_t> moved_;  // the new number of each old value, as far as it still has one
  Rewritten result_;
  std::vector<std::optional<AffineMap>> exact_;  // of collapsed layers that may take normalization
};

}  // namespace

Rewritten Rewrite(model::Mlp mlp, Precision precision) {
  return Rewriter(std::move(mlp), precision).Run();
}

}  // namespace hillock::engine
