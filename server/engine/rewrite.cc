#include "server/engine/rewrite.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "server/engine/affine.h"
#include "server/engine/folding.h"

namespace hillock::engine {
namespace {

using Layers = std::span<model::Layer>;

// Most layers that become one. It keeps the search for the cheapest cuts linear in a chain's
// length.
constexpr size_t kLongestGroup = 16;

size_t MultiplyAdds(Layers layers) {
  size_t sum = 0;
  for (const model::Layer& layer : layers) sum += layer.inputs * layer.outputs;
  return sum;
}

size_t Collapsed(Layers group) { return group.front().inputs * group.back().outputs; }

std::string Size(const model::Layer& layer) {
  return fmt::format("'{}' {}->{}", layer.name, layer.inputs, layer.outputs);
}

std::string Sizes(Layers layers) {
  std::string text;
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::string_view before = i == 0 ? "" : i + 1 == layers.size() ? " and " : ", ";
    text += fmt::format("{}{}", before, Size(layers[i]));
  }
  return text;
}

// The layers from the first of `layers` on that have only identity between them.
size_t ChainLength(Layers layers) {
  size_t length = 1;
  while (length < layers.size() && layers[length - 1].activation->name == activation::kIdentity) {
    ++length;
  }
  return length;
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
  for (const model::Layer& layer : group.first(group.size() - 1)) {
    sum += group.back().outputs * layer.outputs * layer.inputs;
  }
  return sum;
}

// From the last layer inwards, since networks narrow towards their outputs.
Affine ProductOf(Layers group) {
  Affine product = AffineOf(group.back());
  for (size_t i = group.size() - 1; i > 0; --i) {
    product = Compose(product, AffineOf(group[i - 1]));
  }
  return product;
}

class Rewriter {
 public:
  Rewriter(model::Mlp mlp, Precision precision)
      : layers_(std::exchange(mlp.layers, {})),
        precision_(precision),
        result_{std::move(mlp), {}} {}

  Rewritten Run() && {
    for (Layers rest = layers_; !rest.empty();) {
      const size_t length = ChainLength(rest);
      for (const Layers group : CheapestGroups(rest.first(length))) Collapse(group);
      rest = rest.subspan(length);
    }
    if (!result_.mlp.offset.empty()) Fold();
    return std::move(result_);
  }

 private:
  template <typename... T>
  void Note(fmt::format_string<T...> format, T&&... arguments) {
    result_.notes.push_back(fmt::format(format, std::forward<T>(arguments)...));
  }

  void Keep(Layers group) {
    auto& layers = result_.mlp.layers;
    std::ranges::move(group, std::back_inserter(layers));
  }

  void Collapse(Layers group) {
    if (group.size() == 1) return Keep(group);
    if (const size_t cost = ProductCost(group); cost > kMaxProduct) {
      Note("kept {} apart: their product takes {} multiply-adds, at most {} are spent",
           Sizes(group), cost, kMaxProduct);
      return Keep(group);
    }
    Affine product = ProductOf(group);
    auto layer = WithDense(group.back(), product);
    if (!layer) {
      Note("kept {} apart: their product overflows a float", Sizes(group));
      return Keep(group);
    }
    Note("collapsed {} into {}: {} multiply-adds a row, {} saved", Sizes(group), Size(*layer),
         Collapsed(group), MultiplyAdds(group) - Collapsed(group));
    if (result_.mlp.layers.empty()) first_ = std::move(product);
    result_.mlp.layers.push_back(*std::move(layer));
  }

  void Fold() {
    model::Mlp& mlp = result_.mlp;
    model::Layer& plain = mlp.layers.front();
    if (precision_ == Precision::kBf16) {
      return Note("kept the normalization before {}: bf16 would round what it subtracts from",
                  Size(plain));
    }
    Affine dense = first_ ? *std::move(first_) : AffineOf(plain);
    auto folded = WithDense(plain, FoldNormalization(std::move(dense), mlp.offset, mlp.scale));
    if (!folded) {
      return Note("kept the normalization before {}: folded in it overflows a float", Size(plain));
    }
    const FoldingErrors errors = ProbeFolding(mlp.offset, mlp.scale, plain, *folded);
    if (!KeepsTheAnswer(errors)) {
      return Note(
          "kept the normalization before {}: folded in it would be off by {:.1e} on probe rows, "
          "apart it is by {:.1e}, and {:.0e} is allowed",
          Size(plain), errors.folded, errors.apart, kFoldingTolerance);
    }
    Note("folded the normalization into {}: {} multiply-adds a row saved", Size(plain),
         plain.inputs);
    plain = *std::move(folded);
    mlp.offset.clear();
    mlp.scale.clear();
  }

  std::vector<model::Layer> layers_;  // as they were; moved from when they stay
  Precision precision_;
  Rewritten result_;
  std::optional<Affine> first_;  // of the first layer before it was rounded, if it was collapsed
};

}  // namespace

Rewritten Rewrite(model::Mlp mlp, Precision precision) {
  return Rewriter(std::move(mlp), precision).Run();
}

}  // namespace hillock::engine
