// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_INTEGRATION_SUPPORT_MODEL_CONFIG_H_
#define HILLOCK_TESTS_INTEGRATION_SUPPORT_MODEL_CONFIG_H_

#include <map>
#include <string>

#include "tests/integration/support/inference.h"

namespace hillock::testing {

// What ModelConfig says in its parameters. A call that fails fails the test.
std::map<std::string, std::string> ParametersOf(ServerProcess& server, const std::string& model);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_INTEGRATION_SUPPORT_MODEL_CONFIG_H_
