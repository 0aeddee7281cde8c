// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mlp_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/core/base/status.h"

namespace hillock::testing {

MlpBuilder::MlpBuilder(size_t inputs, uint32_t seed) : random_(seed) {
  mlp_.producer = "test";
  mlp_.inputs = {model::FlatInput("input", inputs)};
}

MlpBuilder& MlpBuilder::Add(size_t units, std::string_view activation,
                            const std::map<std::string, float>& params) {
  model::Layer layer;
  layer.source = source_;
  layer.inputs = mlp_.width(source_);
  layer.outputs = units;
  const float reach = 2.0f / std::sqrt(static_cast<float>(layer.inputs));
  layer.weights = random_.Floats(layer.inputs * units, -reach, reach);
  layer.bias = random_.Floats(units, -0.5f, 0.5f);
  return Finish(std::move(layer), activation, params);
}

MlpBuilder& MlpBuilder::Add(model::RowOperation operation, const std::vector<size_t>& operands,
                            size_t outputs, std::string_view activation, size_t group) {
  model::Layer layer;
  layer.operation = std::move(operation);
  for (const size_t operand : operands) layer.operands.push_back(model::ValueId{operand});
  layer.outputs = outputs;
  layer.group = group;
  return Finish(std::move(layer), activation, {});
}

MlpBuilder& MlpBuilder::Combine(std::string_view function, const std::vector<size_t>& operands,
                                std::string_view activation) {
  size_t widest = 1;
  for (const size_t operand : operands) widest = std::max(widest, width(operand));
  return Add(model::Combine{model::FindFunction(function)}, operands, widest, activation);
}

MlpBuilder& MlpBuilder::Reduce(std::string_view reduction, size_t operand, size_t outputs) {
  return Add(model::Reduce{model::FindReduction(reduction)}, {operand}, outputs);
}

MlpBuilder& MlpBuilder::Input(std::string name, size_t width) {
  mlp_.inputs.push_back(model::FlatInput(std::move(name), width));
  return *this;
}

MlpBuilder& MlpBuilder::Finish(model::Layer layer, std::string_view activation,
                               const std::map<std::string, float>& params) {
  layer.name = "layer" + std::to_string(mlp_.layers.size());
  layer.activation = activation::Find(activation);
  HILLOCK_CHECK(layer.activation != nullptr);
  layer.params = *activation::ResolveParams(*layer.activation, params);
  if (layer.activation->scope == activation::Scope::kPerUnit) {
    layer.slopes = random_.Floats(layer.outputs, -0.5f, 0.5f);
  }
  mlp_.layers.push_back(std::move(layer));
  source_ = model::OutputOf(mlp_.layers.size() - 1);
  return *this;
}

MlpBuilder& MlpBuilder::From(model::ValueId value) {
  source_ = value;
  return *this;
}

MlpBuilder& MlpBuilder::Output(std::string name, std::vector<std::string> labels) {
  mlp_.outputs.push_back(
      {std::move(name), model::OutputOf(mlp_.layers.size() - 1), std::move(labels)});
  return *this;
}

MlpBuilder& MlpBuilder::Output(std::string name, size_t number) {
  mlp_.outputs.push_back({std::move(name), model::ValueId{number}});
  return *this;
}

MlpBuilder& MlpBuilder::Normalized() {
  mlp_.offset = random_.Floats(mlp_.input_width(), -1.0f, 1.0f);
  mlp_.scale = random_.Floats(mlp_.input_width(), 0.5f, 2.0f);
  return *this;
}

MlpBuilder& MlpBuilder::Labels(std::vector<std::string> labels) {
  unnamed_.class_labels = std::move(labels);
  return *this;
}

MlpBuilder& MlpBuilder::Multilabel(float threshold) {
  model::Output& output = mlp_.outputs.empty() ? unnamed_ : mlp_.outputs.back();
  output.multilabel = true;
  output.threshold = threshold;
  return *this;
}

model::Mlp MlpBuilder::Build() const {
  model::Mlp mlp = mlp_;
  if (mlp.outputs.empty()) {
    mlp.outputs.push_back(unnamed_);
    mlp.outputs.back().name = "output";
    mlp.outputs.back().source = model::OutputOf(mlp.layers.size() - 1);
  }
  HILLOCK_CHECK(model::Validate(mlp).ok());
  return mlp;
}

std::shared_ptr<const model::Mlp> MlpBuilder::Share() const {
  return std::make_shared<const model::Mlp>(Build());
}

model::Mlp UniformMlp(const std::vector<size_t>& widths, std::string_view activation,
                      uint32_t seed) {
  MlpBuilder builder(widths.front(), seed);
  for (size_t i = 1; i < widths.size(); ++i) builder.Add(widths[i], activation);
  return builder.Build();
}

namespace {

constexpr size_t kMaxLayers = 9;
constexpr size_t kMaxUnits = 40;

// What each layer reads: mostly the layer before.
std::vector<size_t> RandomSources(Random& random) {
  std::vector<size_t> sources;
  const size_t layers = 1 + random.Index(kMaxLayers);
  for (size_t i = 0; i < layers; ++i) {
    sources.push_back(random.Index(2) == 0 ? i : random.Index(i + 1));
  }
  return sources;
}

}  // namespace

model::Mlp RandomTree(uint32_t seed, std::span<const std::string_view> activations) {
  Random random(seed);
  MlpBuilder builder(1 + random.Index(kMaxUnits), seed);
  const std::vector<size_t> sources = RandomSources(random);
  size_t outputs = 0;
  for (size_t i = 0; i < sources.size(); ++i) {
    builder.From(sources[i])
        .Add(1 + random.Index(kMaxUnits), activations[random.Index(activations.size())]);
    const bool is_leaf = std::ranges::find(sources, i + 1) == sources.end();
    const size_t times = (is_leaf ? 1 : 0) + (random.Index(5) == 0 ? 1 : 0);
    for (size_t k = 0; k < times; ++k) builder.Output("output" + std::to_string(outputs++));
  }
  if (seed % 2 == 0) builder.Normalized();
  return builder.Build();
}

}  // namespace hillock::testing
