// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/support/inference.h"

#include <fmt/format.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "server/core/base/status.h"

namespace hillock::testing {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;
using Tensor = ModelInferResponse::InferOutputTensor;

absl::Status BadAnswer(std::string_view what, const ModelInferResponse& response) {
  return absl::InternalError(fmt::format("{} in {}", what, response.ShortDebugString()));
}

// The elements of a raw BYTES tensor: each preceded by its length in four bytes.
std::optional<std::vector<std::string>> SplitBytes(std::string_view raw) {
  std::vector<std::string> elements;
  while (!raw.empty()) {
    uint32_t length = 0;
    if (raw.size() < sizeof(length)) return std::nullopt;
    std::memcpy(&length, raw.data(), sizeof(length));
    raw.remove_prefix(sizeof(length));
    if (raw.size() < length) return std::nullopt;
    elements.emplace_back(raw.substr(0, length));
    raw.remove_prefix(length);
  }
  return elements;
}

bool AddFloats(const Tensor& tensor, const std::string* raw, Answer& answer) {
  if (tensor.shape_size() != 2) return false;
  answer.width = static_cast<size_t>(tensor.shape(1));
  if (raw == nullptr) {
    answer.values = {tensor.contents().fp32_contents().begin(),
                     tensor.contents().fp32_contents().end()};
  } else {
    answer.values.resize(raw->size() / sizeof(float));
    std::memcpy(answer.values.data(), raw->data(), answer.values.size() * sizeof(float));
    if (raw->size() % sizeof(float) != 0) return false;
  }
  return answer.values.size() == static_cast<size_t>(tensor.shape(0)) * answer.width;
}

bool AddLabels(const Tensor& tensor, const std::string* raw, Answer& answer) {
  if (tensor.shape_size() != 1) return false;
  if (raw == nullptr) {
    answer.labels = {tensor.contents().bytes_contents().begin(),
                     tensor.contents().bytes_contents().end()};
  } else {
    auto elements = SplitBytes(*raw);
    if (!elements) return false;
    answer.labels = *std::move(elements);
  }
  return answer.labels.size() == static_cast<size_t>(tensor.shape(0));
}

}  // namespace

absl::StatusOr<Answer> ReadAnswer(const ModelInferRequest& request,
                                  const ModelInferResponse& response) {
  const bool raw = request.raw_input_contents_size() > 0;
  if (response.raw_output_contents_size() != (raw ? response.outputs_size() : 0)) {
    return BadAnswer("a wrong number of raw contents", response);
  }
  if (response.model_name() != request.model_name() || response.model_version().empty() ||
      response.id() != request.id()) {
    return BadAnswer("a wrong name, version or id", response);
  }
  Answer answer;
  for (int i = 0; i < response.outputs_size(); ++i) {
    const Tensor& tensor = response.outputs(i);
    const std::string* const contents = raw ? &response.raw_output_contents(i) : nullptr;
    const bool good = tensor.datatype() == "BYTES"  ? AddLabels(tensor, contents, answer)
                      : tensor.datatype() == "FP32" ? AddFloats(tensor, contents, answer)
                                                    : false;
    if (!good) return BadAnswer(fmt::format("a wrong output '{}'", tensor.name()), response);
  }
  return answer;
}

absl::Status ToAbsl(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

ModelInferRequest MakeRequest(const std::string& model, size_t width, std::span<const float> values,
                              Form form) {
  ModelInferRequest request;
  request.set_model_name(model);
  request.set_id("an id");
  auto& input = *request.add_inputs();
  input.set_name("input");
  input.set_datatype("FP32");
  input.add_shape(static_cast<int64_t>(values.size() / width));
  input.add_shape(static_cast<int64_t>(width));
  if (form == Form::kRaw) {
    const auto bytes = std::as_bytes(values);
    request.add_raw_input_contents(bytes.data(), bytes.size());
  } else {
    input.mutable_contents()->mutable_fp32_contents()->Add(values.begin(), values.end());
  }
  return request;
}

absl::StatusOr<Answer> Infer(ServerProcess& server, const ModelInferRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
  ModelInferResponse response;
  HILLOCK_RETURN_IF_ERROR(ToAbsl(server.inference().ModelInfer(&context, request, &response)));
  return ReadAnswer(request, response);
}

std::optional<size_t> FirstDifference(std::span<const float> a, std::span<const float> b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (std::bit_cast<uint32_t>(a[i]) != std::bit_cast<uint32_t>(b[i])) return i;
  }
  return a.size() == b.size() ? std::nullopt : std::optional(std::min(a.size(), b.size()));
}

}  // namespace hillock::testing
