// SPDX-License-Identifier: Apache-2.0
#include "client/api/client.h"

#include <fmt/format.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "client/api/channel.h"
#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using inference::GRPCInferenceService;
using std::chrono::milliseconds;

// The parameter of a model that names a class is called so, with its number and, where there are
// several outputs, the output and a dot before it.
constexpr std::string_view kClass = "class.";
constexpr std::string_view kFirstClass = "class.0";

absl::Status ToAbsl(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

template <typename Stub, typename Request, typename Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, Method<Stub, Request, Response> method,
                              const Request& request, milliseconds deadline) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  Response response;
  HILLOCK_RETURN_IF_ERROR(ToAbsl((stub.*method)(&context, request, &response)));
  return response;
}

// Parameters `prefix`0, `prefix`1 and so on, as far as they go.
std::vector<std::string> Numbered(const inference::ModelConfig& config, const std::string& prefix) {
  std::vector<std::string> values;
  for (;;) {
    const auto it = config.parameters().find(fmt::format("{}{}", prefix, values.size()));
    if (it == config.parameters().end()) return values;
    values.push_back(it->second.string_value());
  }
}

// [rows, width], or the file's own shape where one row is for all.
void AddTensor(const ModelInput& one, const InferInput& input, size_t begin,
               inference::ModelInferRequest& request) {
  const size_t rows = one.is_shared ? 1 : input.values.size() / input.width;
  auto& tensor = *request.add_inputs();
  tensor.set_name(one.name);
  const model::Datatype datatype = SentAs(one.datatype);
  tensor.set_datatype(std::string(model::DatatypeName(datatype)));
  if (one.is_shared) {
    tensor.mutable_shape()->Add(one.shape.begin(), one.shape.end());
  } else {
    tensor.add_shape(static_cast<int64_t>(rows));
    tensor.add_shape(static_cast<int64_t>(one.width));
  }
  std::string bytes;
  for (size_t row = 0; row < rows; ++row) {
    EncodeElements(input.values.subspan(row * input.width + begin, one.width), datatype,
                   input.words, bytes);
  }
  request.add_raw_input_contents(std::move(bytes));
}

absl::Status AppendTo(Tensor& all, Tensor some) {
  if (all.name != some.name || all.width != some.width || all.kind != some.kind) {
    return absl::InternalError(
        fmt::format("output {} has another name, width or datatype than in "
                    "the answer to the rows before",
                    Quoted(some.name)));
  }
  all.floats.insert(all.floats.end(), some.floats.begin(), some.floats.end());
  std::move(some.strings.begin(), some.strings.end(), std::back_inserter(all.strings));
  all.integers.insert(all.integers.end(), some.integers.begin(), some.integers.end());
  return absl::OkStatus();
}

absl::Status AppendTo(InferOutput& all, std::vector<Tensor> some) {
  if (all.outputs.empty()) {
    all.outputs = std::move(some);
    return absl::OkStatus();
  }
  if (all.outputs.size() != some.size()) {
    return absl::InternalError(
        fmt::format("got {} outputs, {} for the rows before", some.size(), all.outputs.size()));
  }
  for (size_t i = 0; i < some.size(); ++i) {
    HILLOCK_RETURN_IF_ERROR(AppendTo(all.outputs[i], std::move(some[i])));
  }
  return absl::OkStatus();
}

}  // namespace

inference::ModelInferRequest MakeInferRequest(const InferInput& input) {
  inference::ModelInferRequest request;
  request.set_model_name(input.model);
  request.set_model_version(input.version);
  for (const std::string& output : input.outputs) request.add_outputs()->set_name(output);
  if (input.inputs.empty()) {
    AddTensor({.name = input.input, .width = input.width}, input, 0, request);
  }
  size_t begin = 0;
  for (size_t i = 0; i < input.inputs.size(); ++i) {
    const bool is_absent = i < input.absent.size() && input.absent[i];
    if (!is_absent) AddTensor(input.inputs[i], input, begin, request);
    begin += input.inputs[i].width;
  }
  return request;
}

absl::StatusOr<Client> Client::Connect(const Endpoint& endpoint, ClientOptions options) {
  HILLOCK_CHECK(options.batch_rows > 0);
  HILLOCK_ASSIGN_OR_RETURN(const auto channel, OpenChannel(endpoint, DefaultArguments()));
  return Client(channel, options);
}

Client::Client(const std::shared_ptr<grpc::Channel>& channel, ClientOptions options)
    : options_(options),
      inference_(GRPCInferenceService::NewStub(channel)),
      health_(Health::NewStub(channel)) {}

absl::StatusOr<bool> Client::Live() const {
  HILLOCK_ASSIGN_OR_RETURN(const auto response,
                           Call(*inference_, &GRPCInferenceService::StubInterface::ServerLive,
                                inference::ServerLiveRequest(), options_.deadline));
  return response.live();
}

absl::StatusOr<bool> Client::Ready() const {
  HILLOCK_ASSIGN_OR_RETURN(const auto response,
                           Call(*inference_, &GRPCInferenceService::StubInterface::ServerReady,
                                inference::ServerReadyRequest(), options_.deadline));
  return response.ready();
}

absl::StatusOr<inference::ModelMetadataResponse> Client::ModelMetadata(
    const std::string& model, const std::string& version) const {
  inference::ModelMetadataRequest request;
  request.set_name(model);
  request.set_version(version);
  return Call(*inference_, &GRPCInferenceService::StubInterface::ModelMetadata, request,
              options_.deadline);
}

absl::StatusOr<NamesByOutput> Client::ClassNames(const std::string& model,
                                                 const std::string& version) const {
  inference::ModelConfigRequest request;
  request.set_name(model);
  request.set_version(version);
  const auto response = Call(*inference_, &GRPCInferenceService::StubInterface::ModelConfig,
                             request, options_.deadline);
  NamesByOutput names;
  if (absl::IsUnimplemented(response.status())) return names;
  HILLOCK_RETURN_IF_ERROR(response.status());
  for (const auto& [name, value] : response->config().parameters()) {
    if (!name.ends_with(kFirstClass)) continue;
    std::string output = name.substr(0, name.size() - kFirstClass.size());
    const std::string prefix = output + std::string(kClass);
    if (!output.empty() && output.back() != '.') continue;
    if (!output.empty()) output.pop_back();
    names[output] = Numbered(response->config(), prefix);
  }
  return names;
}

absl::StatusOr<inference::RepositoryIndexResponse> Client::RepositoryIndex() const {
  return Call(*inference_, &GRPCInferenceService::StubInterface::RepositoryIndex,
              inference::RepositoryIndexRequest(), options_.deadline);
}

absl::Status Client::LoadModel(const std::string& model) const {
  inference::RepositoryModelLoadRequest request;
  request.set_model_name(model);
  return Call(*inference_, &GRPCInferenceService::StubInterface::RepositoryModelLoad, request,
              options_.deadline)
      .status();
}

absl::Status Client::UnloadModel(const std::string& model) const {
  inference::RepositoryModelUnloadRequest request;
  request.set_model_name(model);
  return Call(*inference_, &GRPCInferenceService::StubInterface::RepositoryModelUnload, request,
              options_.deadline)
      .status();
}

absl::Status Client::InferSome(const InferInput& input, size_t first_row, InferOutput& all) const {
  const auto rest = input.values.subspan(first_row * input.width);
  InferInput some = input;
  some.values = rest.first(std::min(rest.size(), options_.batch_rows * input.width));
  if (first_row > 0) some.version = all.version;
  HILLOCK_ASSIGN_OR_RETURN(const inference::ModelInferResponse response,
                           Call(*inference_, &GRPCInferenceService::StubInterface::ModelInfer,
                                MakeInferRequest(some), options_.deadline));
  std::vector<Tensor> outputs;
  for (int i = 0; i < response.outputs_size(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(Tensor tensor,
                             DecodeOutput(response, i, some.values.size() / input.width));
    outputs.push_back(std::move(tensor));
  }
  all.version = response.model_version();
  return AppendTo(all, std::move(outputs));
}

absl::StatusOr<InferOutput> Client::Infer(const InferInput& input) const {
  HILLOCK_CHECK(input.width > 0 && !input.values.empty());
  HILLOCK_CHECK(input.values.size() % input.width == 0);
  const size_t rows = input.values.size() / input.width;
  InferOutput all;
  for (size_t first = 0; first < rows; first += options_.batch_rows) {
    const absl::Status status = InferSome(input, first, all);
    if (status.ok()) continue;
    if (rows <= options_.batch_rows) return status;
    const size_t last = std::min(rows, first + options_.batch_rows) - 1;
    return Annotate(status, fmt::format("rows {} to {}", first, last));
  }
  return all;
}

absl::StatusOr<HealthCheckResponse::ServingStatus> Client::Check(const std::string& service,
                                                                 milliseconds deadline) const {
  HealthCheckRequest request;
  request.set_service(service);
  HILLOCK_ASSIGN_OR_RETURN(const HealthCheckResponse response,
                           Call(*health_, &Health::StubInterface::Check, request,
                                std::min(deadline, options_.deadline)));
  return response.status();
}

}  // namespace hillock::client
