// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_TRITON_CONFIG_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_TRITON_CONFIG_H_

#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/repository/serving_options.h"

namespace hillock::repository {

// Reads the content of a Triton config.pbtxt over `defaults`: version_policy, max_batch_size where
// it is lower than the bound on rows, default_model_filename, and the names of inputs and outputs
// (CheckTensors). What else it says becomes notes. INVALID_ARGUMENT with line and column for text
// that is none, a name that is not `model`, and a version policy that makes no sense. The text is
// treated as hostile.
absl::StatusOr<ServingOptions> ReadTritonConfig(std::string_view text, std::string_view model,
                                                const ServingOptions& defaults);

// Whether the model has every input and output that its config.pbtxt names; labels and what was
// left out are outputs too. INVALID_ARGUMENT with got and want.
absl::Status CheckTensors(const ServingOptions& options, const model::Mlp& mlp);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_TRITON_CONFIG_H_
