// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/inference_service.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <string>
#include <vector>

#include "server/core/base/utf8.h"
#include "server/lifecycle/model_control.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/control/describe_model.h"
#include "server/rpc/control/statistics.h"

namespace hillock::rpc {
namespace {

constexpr const char* kExtensions[] = {"binary_tensor_data", "model_configuration",
                                       "model_repository", "statistics"};
constexpr char kPlatform[] = "hillock_mlp";
constexpr char kBackend[] = "hillock";

// Versions of a model that serve, ascending.
void ListVersions(const lifecycle::Catalog& catalog, const std::string& model,
                  inference::ModelMetadataResponse& response) {
  for (const lifecycle::CatalogEntry& entry : catalog.entries()) {
    if (entry.model == model && entry.served.ok()) {
      response.add_versions(std::to_string(entry.version));
    }
  }
}

// Where the monotonic clock begins, in nanoseconds since the epoch.
Nanos MonotonicOrigin() {
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  return now.count() - Clock::Monotonic().Now();
}

// There is one repository, without a name.
absl::Status CheckRepository(const std::string& name) {
  if (name.empty()) return absl::OkStatus();
  return absl::NotFoundError(
      fmt::format("got repository '{}', want the empty name", Excerpt(name)));
}

// Why a version does not serve, or what it does not serve.
std::string ReasonOf(const lifecycle::CatalogEntry& entry) {
  if (!entry.served.ok()) return std::string(entry.served.status().message());
  std::vector<std::string> reasons;
  if (!entry.refused.ok()) {
    reasons.push_back(
        fmt::format("serves what was there before: {}", std::string(entry.refused.message())));
  }
  for (const model::LeftOut& left_out : (*entry.served)->left_out()) {
    reasons.push_back(Describe(left_out));
  }
  return fmt::to_string(fmt::join(reasons, "; "));
}

}  // namespace

absl::Status InferenceService::ServerLive(const inference::ServerLiveRequest&,
                                          inference::ServerLiveResponse& response) const {
  response.set_live(true);
  return absl::OkStatus();
}

absl::Status InferenceService::ServerReady(const inference::ServerReadyRequest&,
                                           inference::ServerReadyResponse& response) const {
  response.set_ready(readiness_.Check(*catalogs_.Snapshot()).ok());
  return absl::OkStatus();
}

absl::Status InferenceService::ModelReady(const inference::ModelReadyRequest& request,
                                          inference::ModelReadyResponse& response) const {
  const auto catalog = catalogs_.Snapshot();
  const auto model = catalog->Find(request.name(), request.version());
  if (absl::IsInvalidArgument(model.status())) return model.status();
  response.set_ready(model.ok() && !readiness_.draining());
  return absl::OkStatus();
}

absl::Status InferenceService::ServerMetadata(const inference::ServerMetadataRequest&,
                                              inference::ServerMetadataResponse& response) const {
  response.set_name("hillock");
  response.set_version(version_);
  for (const char* extension : kExtensions) response.add_extensions(extension);
  return absl::OkStatus();
}

absl::Status InferenceService::ModelMetadata(const inference::ModelMetadataRequest& request,
                                             inference::ModelMetadataResponse& response) const {
  const auto catalog = catalogs_.Snapshot();
  const auto found = catalog->Find(request.name(), request.version());
  if (!found.ok()) return found.status();
  const lifecycle::ServedModel& model = **found;
  response.set_name(model.name());
  response.set_platform(kPlatform);
  ListVersions(*catalog, model.name(), response);
  DescribeTensors(model, response);
  return absl::OkStatus();
}

absl::Status InferenceService::ModelConfig(const inference::ModelConfigRequest& request,
                                           inference::ModelConfigResponse& response) const {
  const auto catalog = catalogs_.Snapshot();
  const auto found = catalog->Find(request.name(), request.version());
  if (!found.ok()) return found.status();
  inference::ModelConfig& config = *response.mutable_config();
  config.set_platform(kPlatform);
  config.set_backend(kBackend);
  DescribeModel(**found, config);
  return absl::OkStatus();
}

absl::Status InferenceService::ModelStatistics(const inference::ModelStatisticsRequest& request,
                                               inference::ModelStatisticsResponse& response) const {
  return ListStatistics(*catalogs_.Snapshot(), request, MonotonicOrigin(), response);
}

absl::Status InferenceService::RepositoryIndex(const inference::RepositoryIndexRequest& request,
                                               inference::RepositoryIndexResponse& response) const {
  HILLOCK_RETURN_IF_ERROR(CheckRepository(request.repository_name()));
  HILLOCK_RETURN_IF_ERROR(control_.List());
  const auto catalog = catalogs_.Snapshot();
  for (const lifecycle::CatalogEntry& entry : catalog->entries()) {
    if (request.ready() && !entry.served.ok()) continue;
    auto& index = *response.add_models();
    index.set_name(EscapedUtf8(entry.model));
    if (entry.version > 0) index.set_version(std::to_string(entry.version));
    index.set_state(std::string(entry.state()));
    index.set_reason(EscapedUtf8(ReasonOf(entry)));
  }
  return absl::OkStatus();
}

absl::Status InferenceService::RepositoryModelLoad(
    const inference::RepositoryModelLoadRequest& request,
    inference::RepositoryModelLoadResponse&) const {
  HILLOCK_RETURN_IF_ERROR(CheckRepository(request.repository_name()));
  if (!request.parameters().empty()) {
    return absl::UnimplementedError(
        fmt::format("load parameter '{}' is not supported: models and their options come from the "
                    "repository alone",
                    Excerpt(request.parameters().begin()->first)));
  }
  return control_.Load(request.model_name());
}

absl::Status InferenceService::RepositoryModelUnload(
    const inference::RepositoryModelUnloadRequest& request,
    inference::RepositoryModelUnloadResponse&) const {
  HILLOCK_RETURN_IF_ERROR(CheckRepository(request.repository_name()));
  // The only parameter there is, unload_dependents, asks for nothing: no model depends on another.
  return control_.Unload(request.model_name());
}

}  // namespace hillock::rpc
