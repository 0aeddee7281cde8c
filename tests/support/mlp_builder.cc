#include "tests/support/mlp_builder.h"

#include <cmath>
#include <utility>

#include "server/base/status.h"

namespace hillock::testing {

MlpBuilder::MlpBuilder(size_t inputs, uint32_t seed) : width_(inputs), random_(seed) {
  mlp_.producer = "test";
  mlp_.input_name = "input";
  mlp_.output_name = "output";
}

MlpBuilder& MlpBuilder::Add(size_t units, std::string_view activation,
                            const std::map<std::string, float>& params) {
  model::Layer layer;
  layer.name = "layer" + std::to_string(mlp_.layers.size());
  layer.inputs = width_;
  layer.outputs = units;
  const float reach = 2.0f / std::sqrt(static_cast<float>(width_));
  layer.weights = random_.Floats(width_ * units, -reach, reach);
  layer.bias = random_.Floats(units, -0.5f, 0.5f);
  layer.activation = activation::Find(activation);
  HILLOCK_CHECK(layer.activation != nullptr);
  layer.params = *activation::ResolveParams(*layer.activation, params);
  if (layer.activation->scope == activation::Scope::kPerUnit) {
    layer.slopes = random_.Floats(units, -0.5f, 0.5f);
  }
  mlp_.layers.push_back(std::move(layer));
  width_ = units;
  return *this;
}

MlpBuilder& MlpBuilder::Normalized() {
  mlp_.offset = random_.Floats(mlp_.inputs(), -1.0f, 1.0f);
  mlp_.scale = random_.Floats(mlp_.inputs(), 0.5f, 2.0f);
  return *this;
}

MlpBuilder& MlpBuilder::Labels(std::vector<std::string> labels) {
  mlp_.class_labels = std::move(labels);
  return *this;
}

model::Mlp MlpBuilder::Build() const {
  HILLOCK_CHECK(model::Validate(mlp_).ok());
  return mlp_;
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

}  // namespace hillock::testing
