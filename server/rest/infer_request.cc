// SPDX-License-Identifier: Apache-2.0
#include "server/rest/infer_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "proto/inference.pb.h"
#include "server/rest/infer_request_reader.h"
#include "server/rpc/messages/wire_writer.h"

namespace hillock::rest {
namespace {

constexpr uint32_t kRawInputContents = 7;  // of ModelInferRequest

template <class Message>
void SetTensor(const JsonTensor& tensor, Message& message) {
  message.set_name(tensor.name);
  for (const std::string& name : tensor.foreign) {
    (*message.mutable_parameters())[name].set_bool_param(true);
  }
}

// Everything but the contents of the inputs.
inference::ModelInferRequest WithoutContents(const InferRequest& request, std::string_view model,
                                             std::string_view version) {
  inference::ModelInferRequest message;
  message.set_model_name(std::string(model));
  message.set_model_version(std::string(version));
  message.set_id(request.id);
  for (const JsonInput& input : request.inputs) {
    auto& tensor = *message.add_inputs();
    SetTensor(input, tensor);
    tensor.set_datatype(input.datatype);
    for (const int64_t dimension : input.shape) tensor.add_shape(dimension);
  }
  for (const JsonTensor& output : request.outputs) SetTensor(output, *message.add_outputs());
  return message;
}

absl::Status MakeRaw(const JsonInput& input, std::string& raw) {
  const auto datatype = model::FindDatatype(input.datatype);
  if (!datatype) {
    return absl::InvalidArgumentError(
        fmt::format("got datatype '{}', want one such as FP32", Excerpt(input.datatype)));
  }
  return input.data.AppendTo(raw, *datatype);
}

// The contents of one input, of which those that are binary are cut off `binary`.
absl::Status FindRaw(const JsonInput& input, std::string_view& binary, std::string& made,
                     std::string_view& raw) {
  if (!input.binary_size) {
    if (!input.has_data) {
      return absl::InvalidArgumentError("got neither data nor binary_data_size, want one of them");
    }
    HILLOCK_RETURN_IF_ERROR(MakeRaw(input, made));
    raw = made;
    return absl::OkStatus();
  }
  if (input.has_data) {
    return absl::InvalidArgumentError("got data and binary_data_size, want one of them");
  }
  if (*input.binary_size > binary.size()) {
    return absl::InvalidArgumentError(
        fmt::format("got binary_data_size {}, want at most the {} bytes that follow",
                    *input.binary_size, binary.size()));
  }
  raw = binary.substr(0, *input.binary_size);
  binary.remove_prefix(raw.size());
  return absl::OkStatus();
}

absl::Status AppendField(std::string_view raw, transport::Buffer& message) {
  const size_t bytes = rpc::BytesFieldSize(raw.size());
  if (!message.TryReserve(message.size() + bytes)) return transport::OutOfRequestMemory();
  rpc::WireWriter(message.Extend(bytes)).BytesField(kRawInputContents, raw);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InferRequest> ParseInferRequest(std::string_view json, size_t max_elements) {
  InferRequest request;
  InferRequestReader reader(request, max_elements);
  if (!nlohmann::json::sax_parse(json, &reader)) {
    if (!reader.status().ok()) return reader.status();
    return absl::InvalidArgumentError("got no JSON");
  }
  return request;
}

BinaryOutputs::BinaryOutputs(const InferRequest& request) : all_(request.binary_output) {
  for (const JsonTensor& output : request.outputs) {
    if (output.binary.value_or(all_) != all_) others_.push_back(output.name);
  }
}

bool BinaryOutputs::Has(std::string_view output) const {
  return all_ == (std::ranges::find(others_, output) == others_.end());
}

absl::Status WriteInferRequest(const InferRequest& request, std::string_view model,
                               std::string_view version, std::string_view binary,
                               transport::Buffer& message) {
  if (request.inputs.empty()) return absl::InvalidArgumentError("got no inputs, want some");
  const std::string head = WithoutContents(request, model, version).SerializeAsString();
  if (!message.TryReserve(head.size() + binary.size())) return transport::OutOfRequestMemory();
  message.Append(head);
  for (const JsonInput& input : request.inputs) {
    std::string made;
    std::string_view raw;
    const absl::Status found = FindRaw(input, binary, made, raw);
    if (!found.ok()) return Annotate(found, fmt::format("input '{}'", Excerpt(input.name)));
    HILLOCK_RETURN_IF_ERROR(AppendField(raw, message));
  }
  if (binary.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format(
      "got {} bytes after those of the inputs' binary_data_size, want none", binary.size()));
}

}  // namespace hillock::rest
