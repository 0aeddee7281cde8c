// SPDX-License-Identifier: Apache-2.0

// Random graphs of row operations.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/core/base/status.h"
#include "tests/support/mlp_builder.h"

namespace hillock::testing {
namespace {

constexpr size_t kMaxLayers = 12;
constexpr size_t kMaxRepeats = 4;

// Widths of dense layers; few, so that values can be combined, and with common divisors.
constexpr size_t kWidths[] = {1, 6, 12, 36};

// Adds one layer after the other that reads any values before it.
class GraphMaker {
 public:
  GraphMaker(uint32_t seed, std::span<const std::string_view> activations)
      : random_(seed), activations_(activations), builder_(1 + random_.Index(8), seed) {
    const size_t more = random_.Index(3);
    for (size_t i = 0; i < more; ++i) {
      builder_.Input("input" + std::to_string(i), 1 + random_.Index(8));
    }
    if (random_.Index(2) == 0) builder_.Normalized();
  }

  model::Mlp Make() {
    const size_t layers = 1 + random_.Index(kMaxLayers);
    for (size_t i = 0; i < layers; ++i) AddLayer();
    for (size_t value = 1; value < values_; ++value) {
      const bool is_leaf = std::ranges::find(read_, value) == read_.end();
      if (is_leaf || random_.Index(5) == 0)
        builder_.Output("output" + std::to_string(value), value);
    }
    return builder_.Build();
  }

 private:
  using Maker = void (GraphMaker::*)();

  void AddLayer() {
    constexpr Maker kMakers[] = {&GraphMaker::Dense,   &GraphMaker::Dense,     &GraphMaker::Scale,
                                 &GraphMaker::Select,  &GraphMaker::Combine,   &GraphMaker::Combine,
                                 &GraphMaker::Reduce,  &GraphMaker::Normalize, &GraphMaker::Lookup,
                                 &GraphMaker::Constant};
    (this->*kMakers[random_.Index(std::size(kMakers))])();
    ++values_;
  }

  // A value so far, which is then read.
  size_t Any() {
    read_.push_back(random_.Index(values_));
    return read_.back();
  }

  std::string_view AnyActivation() { return activations_[random_.Index(activations_.size())]; }

  size_t AnyDivisor(size_t width) {
    size_t divisor = 1 + random_.Index(width);
    while (width % divisor != 0) --divisor;
    return divisor;
  }

  void Dense() {
    builder_.From(Any()).Add(kWidths[random_.Index(std::size(kWidths))], AnyActivation());
  }

  void Scale() {
    const size_t source = Any();
    const size_t width = builder_.width(source);
    builder_.Add(model::Scale{random_.Floats(width, -2, 2), random_.Floats(width, -1, 1)}, {source},
                 width, AnyActivation(), AnyDivisor(width));
  }

  void Select() {
    std::vector<size_t> sources(1 + random_.Index(3));
    size_t columns = 0;
    for (size_t& source : sources) columns += builder_.width(source = Any());
    model::Select select;
    while (select.columns.size() < 12) {
      auto column = static_cast<uint32_t>(random_.Index(columns));
      for (size_t run = random_.Index(12); run > 0 && column < columns; --run) {
        select.columns.push_back(column++);
      }
    }
    const size_t outputs = select.columns.size();
    builder_.Add(std::move(select), sources, outputs, AnyActivation());
  }

  void Combine() {
    const auto functions = model::Functions();
    const model::Function& function = functions[random_.Index(functions.size())];
    std::vector<size_t> sources{Any()};
    const size_t outputs = builder_.width(sources[0]);
    for (size_t i = 1; i < function.arity; ++i) {
      std::vector<size_t> fitting;
      for (size_t value = 0; value < values_; ++value) {
        const size_t width = builder_.width(value);
        if (width == 1 || width == outputs) fitting.push_back(value);
      }
      sources.push_back(fitting[random_.Index(fitting.size())]);
      read_.push_back(sources.back());
    }
    std::swap(sources.front(), sources[random_.Index(sources.size())]);
    builder_.Add(model::Combine{&function}, sources, outputs, AnyActivation());
  }

  void Reduce() {
    const auto reductions = model::Reductions();
    const size_t source = Any();
    builder_.Reduce(reductions[random_.Index(reductions.size())].name, source,
                    AnyDivisor(builder_.width(source)));
  }

  void Normalize() {
    const size_t source = Any();
    const size_t width = builder_.width(source);
    model::Normalize normalize{random_.Index(2) == 0, 1e-5f, AnyDivisor(width), {}, {}};
    if (random_.Index(2) == 0) normalize.scale = random_.Floats(width, -2, 2);
    if (random_.Index(2) == 0) normalize.shift = random_.Floats(width, -1, 1);
    builder_.Add(std::move(normalize), {source}, width, AnyActivation());
  }

  // Of small whole numbers: the source is rounded first.
  void Lookup() {
    builder_.Combine("round", {Any()});
    const size_t source = values_++;
    read_.push_back(source);
    model::Lookup lookup;
    lookup.width = 1 + random_.Index(3);
    if (random_.Index(2) == 0) lookup.keys = {-2, -1, 0.5f, 1, 3};
    lookup.wraps = lookup.keys.empty() && random_.Index(2) == 0;
    lookup.table = random_.Floats(5 * lookup.width, -1, 1);
    lookup.otherwise = random_.Floats(lookup.width, -1, 1);
    const size_t outputs = builder_.width(source) * lookup.width;
    builder_.Add(std::move(lookup), {source}, outputs, AnyActivation());
  }

  void Constant() {
    const size_t width = kWidths[random_.Index(std::size(kWidths))];
    builder_.Add(model::Constant{random_.Floats(width, -2, 2)}, {}, width, AnyActivation());
  }

  Random random_;
  std::span<const std::string_view> activations_;
  MlpBuilder builder_;
  size_t values_ = 1;         // so far, the input among them
  std::vector<size_t> read_;  // values that are
};

}  // namespace

model::Mlp RandomGraph(uint32_t seed, std::span<const std::string_view> activations) {
  return GraphMaker(seed, activations).Make();
}

}  // namespace hillock::testing
