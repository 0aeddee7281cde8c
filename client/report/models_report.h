// SPDX-License-Identifier: Apache-2.0

// The models of a server as text for people and as JSON for machines. Pure.

#ifndef HILLOCK_CLIENT_REPORT_MODELS_REPORT_H_
#define HILLOCK_CLIENT_REPORT_MODELS_REPORT_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "proto/inference.pb.h"

namespace hillock::client {

// One version of a model. `metadata` is empty for one that does not serve.
struct ModelSummary {
  inference::RepositoryIndexResponse::ModelIndex index;
  inference::ModelMetadataResponse metadata;
};

// One line a version, in the server's order; a reason column when any version has a reason.
std::string ModelsTable(const std::vector<ModelSummary>& models);

// {"models": [{"name", "version", "state", "reason", "inputs", "outputs"}]}, a tensor being
// {"name", "datatype", "shape"}.
nlohmann::ordered_json ModelsJson(const std::vector<ModelSummary>& models);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_MODELS_REPORT_H_
