#include "server/rpc/control/inference_service.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

#include "server/core/engine/plan.h"
#include "server/lifecycle/model_control.h"
#include "server/lifecycle/served_model.h"
#include "server/rpc/control/statistics.h"

namespace hillock::rpc {
namespace {

using inference::ModelMetadataResponse;

constexpr const char* kExtensions[] = {"binary_tensor_data", "model_configuration",
                                       "model_repository", "statistics"};
constexpr char kPlatform[] = "hillock_mlp";
constexpr char kBackend[] = "hillock";

void Describe(const std::string& name, const char* datatype, std::initializer_list<int64_t> shape,
              ModelMetadataResponse::TensorMetadata& tensor) {
  tensor.set_name(name);
  tensor.set_datatype(datatype);
  for (const int64_t dimension : shape) tensor.add_shape(dimension);
}

// Versions of a model that serve, ascending.
void ListVersions(const lifecycle::Catalog& catalog, const std::string& model,
                  ModelMetadataResponse& response) {
  for (const lifecycle::CatalogEntry& entry : catalog.entries()) {
    if (entry.model == model && entry.served.ok()) {
      response.add_versions(std::to_string(entry.version));
    }
  }
}

void DescribeLabels(const lifecycle::ServedOutput& served, inference::ModelOutput& labels) {
  labels.set_name(served.label_name);
  if (served.is_multilabel()) {
    labels.set_data_type(inference::TYPE_INT64);
    labels.add_dims(static_cast<int64_t>(served.width));
  } else {
    labels.set_data_type(inference::TYPE_STRING);
    labels.add_dims(1);
    labels.mutable_reshape();  // one text a row, not a row of one
  }
}

void DescribeTensors(const lifecycle::ServedModel& model, inference::ModelConfig& config) {
  auto& input = *config.add_input();
  input.set_name(model.input_name());
  input.set_data_type(inference::TYPE_FP32);
  input.add_dims(static_cast<int64_t>(model.inputs()));
  for (const lifecycle::ServedOutput& served : model.outputs()) {
    auto& output = *config.add_output();
    output.set_name(served.name());
    output.set_data_type(inference::TYPE_FP32);
    output.add_dims(static_cast<int64_t>(served.width));
  }
  for (const lifecycle::ServedOutput& served : model.outputs()) {
    if (served.has_labels()) DescribeLabels(served, *config.add_output());
  }
}

// Where the monotonic clock begins, in nanoseconds since the epoch.
Nanos MonotonicOrigin() {
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  return now.count() - Clock::Monotonic().Now();
}

void DescribeParameters(const lifecycle::ServedModel& model, inference::ModelConfig& config) {
  const auto add = [&config](const std::string& name, std::string_view value) {
    (*config.mutable_parameters())[name].set_string_value(std::string(value));
  };
  const model::ComputeOptions& compute = model.options().compute;
  const RequestLimits& limits = model.options().limits;
  add("backend", BackendName(compute.backend));
  add("precision", PrecisionName(model.plan().precision()));
  add("allow_non_finite", compute.allow_non_finite ? "true" : "false");
  add("rewrite", compute.rewrites() ? "true" : "false");
  add("max_rows", fmt::to_string(limits.max_rows));
  add("max_queue_rows", fmt::to_string(limits.queue.rows));
  add("max_queue_bytes", fmt::to_string(limits.queue.bytes));
  add("max_queue_seconds", fmt::to_string(ToSeconds(limits.queue.wait)));
  for (size_t i = 0; i < model.plan().rewrites().size(); ++i) {
    add(fmt::format("rewrite.{}", i), model.plan().rewrites()[i]);
  }
  for (size_t i = 0; i < model.plan().notes().size(); ++i) {
    add(fmt::format("note.{}", i), model.plan().notes()[i]);
  }
  const auto& steps = model.plan().steps();
  for (size_t i = 0; i < steps.size(); ++i) {
    add(fmt::format("layer.{}", i),
        fmt::format("{}: {}", engine::NameOf(steps[i]), engine::Describe(steps[i])));
  }
  for (const lifecycle::ServedOutput& served : model.outputs()) {
    const std::string prefix = model.outputs().size() > 1 ? served.name() + "." : "";
    const auto& labels = served.output.class_labels;
    for (size_t i = 0; i < labels.size(); ++i) {
      add(fmt::format("{}class.{}", prefix, i), labels[i]);
    }
  }
}

// There is one repository, without a name.
absl::Status CheckRepository(const std::string& name) {
  if (name.empty()) return absl::OkStatus();
  return absl::NotFoundError(
      fmt::format("got repository '{}', want the empty name", Excerpt(name)));
}

std::string ReasonOf(const lifecycle::CatalogEntry& entry) {
  if (!entry.served.ok()) return std::string(entry.served.status().message());
  if (entry.refused.ok()) return "";
  return fmt::format("serves what was there before: {}", std::string(entry.refused.message()));
}

}  // namespace

absl::Status InferenceService::ServerLive(const inference::ServerLiveRequest&,
                                          inference::ServerLiveResponse& response) const {
  response.set_live(true);
  return absl::OkStatus();
}

absl::Status InferenceService::ServerReady(const inference::ServerReadyRequest&,
                                           inference::ServerReadyResponse& response) const {
  response.set_ready(state_.ready());
  return absl::OkStatus();
}

absl::Status InferenceService::ModelReady(const inference::ModelReadyRequest& request,
                                          inference::ModelReadyResponse& response) const {
  const auto catalog = catalogs_.Snapshot();
  const auto model = catalog->Find(request.name(), request.version());
  if (absl::IsInvalidArgument(model.status())) return model.status();
  response.set_ready(model.ok() && state_.ready());
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
  Describe(model.input_name(), "FP32", {-1, static_cast<int64_t>(model.inputs())},
           *response.add_inputs());
  for (const lifecycle::ServedOutput& output : model.outputs()) {
    Describe(output.name(), "FP32", {-1, static_cast<int64_t>(output.width)},
             *response.add_outputs());
  }
  for (const lifecycle::ServedOutput& output : model.outputs()) {
    if (output.is_multilabel()) {
      Describe(output.label_name, "INT64", {-1, static_cast<int64_t>(output.width)},
               *response.add_outputs());
    } else if (output.has_labels()) {
      Describe(output.label_name, "BYTES", {-1}, *response.add_outputs());
    }
  }
  return absl::OkStatus();
}

absl::Status InferenceService::ModelConfig(const inference::ModelConfigRequest& request,
                                           inference::ModelConfigResponse& response) const {
  const auto catalog = catalogs_.Snapshot();
  const auto found = catalog->Find(request.name(), request.version());
  if (!found.ok()) return found.status();
  inference::ModelConfig& config = *response.mutable_config();
  config.set_name((*found)->name());
  config.set_platform(kPlatform);
  config.set_backend(kBackend);
  config.set_max_batch_size(static_cast<int32_t>((*found)->options().limits.max_rows));
  config.mutable_dynamic_batching();
  DescribeTensors(**found, config);
  DescribeParameters(**found, config);
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
    index.set_name(entry.model);
    if (entry.version > 0) index.set_version(std::to_string(entry.version));
    index.set_state(std::string(entry.state()));
    index.set_reason(ReasonOf(entry));
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
