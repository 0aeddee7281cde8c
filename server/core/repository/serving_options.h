// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_SERVING_OPTIONS_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_SERVING_OPTIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/limits.h"
#include "server/core/base/status.h"
#include "server/core/model/compute_options.h"
#include "server/core/repository/version_policy.h"

namespace hillock::repository {

// How a model is to be served; hillock.v1.ServingOptions says what each field means.
struct ServingOptions {
  model::ComputeOptions compute{};
  RequestLimits limits{};
  VersionPolicy versions{};
  std::vector<std::string> outputs{};  // those to serve; empty: all

  // What Triton's config.pbtxt says: the model's file, or empty; tensors that the model has to
  // have; and one line for each thing that has no effect, for the log and ModelConfig.
  std::string model_file{};
  std::vector<std::string> expected_inputs{};
  std::vector<std::string> expected_outputs{};
  std::vector<std::string> notes{};

  bool operator==(const ServingOptions&) const = default;
};

// Parses the content of an options.txtpb over `defaults`, whose limits are the most that it may
// say. INVALID_ARGUMENT with line and column for text that is no hillock.v1.ServingOptions, and for
// a value that makes no sense.
absl::StatusOr<ServingOptions> ReadServingOptions(std::string_view text,
                                                  const ServingOptions& defaults);

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_SERVING_OPTIONS_H_
