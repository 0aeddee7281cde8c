// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/some_models.h"

#include <fstream>
#include <iterator>

#include "server/core/base/status.h"
#include "server/core/model/writer.h"
#include "tests/support/mlp_builder.h"

namespace hillock::testing {

std::string ModelContent(const std::string& model) {
  std::ifstream file(HILLOCK_MODELS "/" + model + "/1/model.mlp", std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(file), {});
  HILLOCK_CHECK(!content.empty());
  return content;
}

std::string ConstantModel(int number) {
  model::Mlp mlp = MlpBuilder(kConstantInputs).Add(kConstantOutputs, "identity").Build();
  mlp.layers[0].weights.assign(kConstantInputs * kConstantOutputs, 0.0f);
  mlp.layers[0].bias.assign(kConstantOutputs, static_cast<float>(number));
  return model::WriteMlp(mlp);
}

SomeModels::SomeModels(std::initializer_list<std::string> models) {
  for (const std::string& model : models) Add(model, ModelContent(model));
}

void SomeModels::Add(const std::string& model, std::string_view content) const {
  folder_.Write(model + "/1/model.mlp", content);
}

}  // namespace hillock::testing
