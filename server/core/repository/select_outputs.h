// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_SELECT_OUTPUTS_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_SELECT_OUTPUTS_H_

#include <span>
#include <string>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"

namespace hillock::repository {

// Keeps the outputs of those names, in their order, and the layers that they need; an input that
// none of these reads may then be left out of requests. Labels stay with their output.
// INVALID_ARGUMENT for a name that is no output of the model, that was left out of it, or that is
// there twice, and for constants alone. REQUIRES: Validate(mlp) is OK, and so it is afterwards; at
// least one name.
absl::Status SelectOutputs(std::span<const std::string> names, model::Mlp& mlp);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_SELECT_OUTPUTS_H_
