// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/model_config.h"

#include <gmock/gmock.h>

#include "tests/support/status_matchers.h"

namespace hillock::testing {

std::map<std::string, std::string> ParametersOf(ServerProcess& server, const std::string& model) {
  inference::ModelConfigRequest request;
  request.set_name(model);
  const auto response = Call(server, &inference::GRPCInferenceService::Stub::ModelConfig, request);
  EXPECT_THAT(response, IsOk());
  std::map<std::string, std::string> parameters;
  if (!response.ok()) return parameters;
  for (const auto& [name, value] : response->config().parameters()) {
    parameters[name] = value.string_value();
  }
  return parameters;
}

}  // namespace hillock::testing
