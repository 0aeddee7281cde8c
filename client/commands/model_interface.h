// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_CLIENT_COMMANDS_MODEL_INTERFACE_H_
#define HILLOCK_CLIENT_COMMANDS_MODEL_INTERFACE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/api/client.h"
#include "client/api/model_input.h"
#include "client/rows/rows.h"

namespace hillock::client {

// What a model takes, and what of its answers has rows.
struct ModelInterface {
  std::vector<ModelInput> inputs;
  std::vector<InputColumns> columns;  // of the inputs
  size_t width = 0;                   // of all
  std::vector<std::string> outputs;   // to ask for; empty: all
};

// Errors: those of the server; UNIMPLEMENTED for a model whose inputs cannot be sent.
absl::StatusOr<ModelInterface> AskForInterface(const Client& client, const std::string& model,
                                               const std::string& version);

// The model's outputs that have rows, each of which a file may leave out. Errors: as above.
absl::StatusOr<std::vector<InputColumns>> AskForOutputs(const Client& client,
                                                        const std::string& model,
                                                        const std::string& version);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_COMMANDS_MODEL_INTERFACE_H_
