// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/some_models.h"

#include <fstream>
#include <iterator>

#include "server/core/base/status.h"

namespace hillock::testing {

std::string ModelContent(const std::string& model) {
  std::ifstream file(HILLOCK_MODELS "/" + model + "/1/model.mlp", std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(file), {});
  HILLOCK_CHECK(!content.empty());
  return content;
}

SomeModels::SomeModels(std::initializer_list<std::string> models) {
  for (const std::string& model : models) Add(model, ModelContent(model));
}

void SomeModels::Add(const std::string& model, std::string_view content) const {
  folder_.Write(model + "/1/model.mlp", content);
}

}  // namespace hillock::testing
