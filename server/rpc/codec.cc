#include "server/rpc/codec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "server/kernel/fallback.h"

namespace hillock::rpc {
namespace {

using inference::InferTensorContents;
using inference::ModelInferRequest;
using inference::ModelInferResponse;
using serving::ServedModel;
using serving::ServedOutput;
using OutputTensor = ModelInferResponse::InferOutputTensor;

constexpr char kFloat[] = "FP32";
constexpr char kBytes[] = "BYTES";
constexpr char kInteger[] = "INT64";

constexpr size_t kMostNames = 8;  // in a message

// Parameters of tensors that ask for something this server does not do; to ignore them would be to
// give a wrong answer.
constexpr const char* kUnsupported[] = {"classification", "shared_memory_region"};

template <class Tensor>
absl::Status CheckParameters(std::string_view what, const Tensor& tensor) {
  for (const char* name : kUnsupported) {
    if (tensor.parameters().contains(name)) {
      return absl::UnimplementedError(
          fmt::format("{} '{}': parameter '{}' is not supported", what, tensor.name(), name));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckInputs(const ModelInferRequest& request, const ServedModel& model) {
  if (request.inputs_size() != 1) {
    return absl::InvalidArgumentError(fmt::format("model '{}': got {} inputs, want 1, '{}'",
                                                  model.name(), request.inputs_size(),
                                                  model.input_name()));
  }
  const auto& input = request.inputs(0);
  if (input.name() != model.input_name()) {
    return absl::InvalidArgumentError(fmt::format("model '{}': got input '{}', want '{}'",
                                                  model.name(), input.name(), model.input_name()));
  }
  if (input.datatype() != kFloat) {
    return absl::InvalidArgumentError(fmt::format("input '{}': got datatype '{}', want {}",
                                                  input.name(), input.datatype(), kFloat));
  }
  return CheckParameters("input", input);
}

absl::StatusOr<size_t> CheckShape(const ModelInferRequest::InferInputTensor& input,
                                  const ServedModel& model) {
  const auto& shape = input.shape();
  const size_t width = model.inputs();
  if (shape.size() != 2 || shape[0] < 1 || shape[1] != static_cast<int64_t>(width)) {
    return absl::InvalidArgumentError(
        fmt::format("input '{}': got shape [{}], want [rows, {}] with at least 1 row", input.name(),
                    fmt::join(shape, ", "), width));
  }
  const auto rows = static_cast<size_t>(shape[0]);
  const size_t most = model.options().limits.max_rows;
  if (rows > most) {
    return absl::ResourceExhaustedError(
        fmt::format("input '{}': got {} rows, want at most {}", input.name(), rows, most));
  }
  return rows;
}

bool HasOtherContents(const InferTensorContents& contents) {
  return contents.bool_contents_size() + contents.int_contents_size() +
             contents.int64_contents_size() + contents.uint_contents_size() +
             contents.uint64_contents_size() + contents.fp64_contents_size() +
             contents.bytes_contents_size() >
         0;
}

absl::Status FindRaw(const ModelInferRequest& request, size_t rows, size_t width, InferView& view) {
  const auto& input = request.inputs(0);
  if (input.has_contents()) {
    return absl::InvalidArgumentError(fmt::format(
        "input '{}': contents field must not be specified when using raw_input_contents",
        input.name()));
  }
  if (request.raw_input_contents_size() != 1) {
    return absl::InvalidArgumentError(
        fmt::format("got {} raw_input_contents, want 1, as there is 1 input",
                    request.raw_input_contents_size()));
  }
  const std::string& raw = request.raw_input_contents(0);
  const size_t want = rows * width * sizeof(float);
  if (raw.size() != want) {
    return absl::InvalidArgumentError(fmt::format("input '{}': {} bytes, want {} x {} {} = {}",
                                                  input.name(), raw.size(), rows, width, kFloat,
                                                  want));
  }
  view.input = raw.data();
  return absl::OkStatus();
}

absl::Status FindTyped(const ModelInferRequest::InferInputTensor& input, size_t rows, size_t width,
                       InferView& view) {
  const InferTensorContents& contents = input.contents();
  if (HasOtherContents(contents)) {
    return absl::InvalidArgumentError(fmt::format(
        "input '{}': contents in a field of another datatype, want fp32_contents", input.name()));
  }
  const auto got = static_cast<size_t>(contents.fp32_contents_size());
  if (got != rows * width) {
    return absl::InvalidArgumentError(fmt::format("input '{}': {} fp32_contents, want {} x {} = {}",
                                                  input.name(), got, rows, width, rows * width));
  }
  view.input = reinterpret_cast<const char*>(contents.fp32_contents().data());
  view.typed = true;
  return absl::OkStatus();
}

absl::Status CheckFinite(std::string_view name, const char* data, size_t rows, size_t width) {
  // Both kinds of contents are aligned for a float.
  const auto* const values = reinterpret_cast<const float*>(data);
  const size_t bad = kernel::fallback::FirstNonFinite(values, rows * width);
  if (bad == rows * width) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("input '{}': row {}, column {} is {}, want a finite number", name, bad / width,
                  bad % width, values[bad]));
}

// "'a', 'b' or 'c'": the outputs that the model has, the first ones of many.
std::string OutputNames(const ServedModel& model) {
  std::vector<std::string> names;
  for (const ServedOutput& output : model.outputs()) {
    names.push_back(fmt::format("'{}'", output.name()));
  }
  for (const ServedOutput& output : model.outputs()) {
    if (output.has_labels()) names.push_back(fmt::format("'{}'", output.label_name));
  }
  if (names.size() > kMostNames) {
    names.resize(kMostNames);
    names.emplace_back("another");
  }
  const std::string last = names.back();
  names.pop_back();
  return names.empty() ? last : fmt::format("{} or {}", fmt::join(names, ", "), last);
}

absl::Status FindOutput(const std::string& name, const ServedModel& model, InferView& view) {
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    const ServedOutput& output = model.outputs()[i];
    const bool is_values = name == output.name();
    if (is_values) view.values.set(i);
    const bool is_labels = output.has_labels() && name == output.label_name;
    if (is_labels) view.labels.set(i);
    if (is_values || is_labels) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      fmt::format("model '{}': got output '{}', want {}", model.name(), name, OutputNames(model)));
}

absl::Status FindOutputs(const ModelInferRequest& request, const ServedModel& model,
                         InferView& view) {
  for (size_t i = 0; i < model.outputs().size() && request.outputs().empty(); ++i) {
    view.values.set(i);
    view.labels.set(i, model.outputs()[i].has_labels());
  }
  for (const auto& output : request.outputs()) {
    HILLOCK_RETURN_IF_ERROR(CheckParameters("output", output));
    HILLOCK_RETURN_IF_ERROR(FindOutput(output.name(), model, view));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> CheckAnswer(const ModelInferRequest& request, const ServedModel& model,
                                   const Limits& limits, const InferView& view) {
  const OutputSet computed = view.values | view.labels;
  size_t bytes = 0;
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    const ServedOutput& output = model.outputs()[i];
    const size_t values = view.rows * output.width;
    if (computed[i]) bytes += values * sizeof(float);
    if (view.labels[i] && output.is_multilabel()) bytes += values * sizeof(int64_t);
  }
  if (bytes <= limits.max_answer_bytes) return bytes;
  return absl::ResourceExhaustedError(
      fmt::format("input '{}': the answer to {} rows has {} bytes, want at most {}",
                  request.inputs(0).name(), view.rows, bytes, limits.max_answer_bytes));
}

void AppendLength(size_t length, std::string& to) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<char>(length >> shift));
}

}  // namespace

absl::StatusOr<InferView> DecodeGlance(const ModelInferRequest& request, const ServedModel& model,
                                       const Limits& limits) {
  InferView view;
  HILLOCK_RETURN_IF_ERROR(CheckInputs(request, model));
  HILLOCK_ASSIGN_OR_RETURN(view.rows, CheckShape(request.inputs(0), model));
  HILLOCK_RETURN_IF_ERROR(FindOutputs(request, model, view));
  HILLOCK_ASSIGN_OR_RETURN(view.answer_bytes, CheckAnswer(request, model, limits, view));
  return view;
}

absl::StatusOr<InferView> DecodeRequest(const ModelInferRequest& request, const ServedModel& model,
                                        const Limits& limits) {
  HILLOCK_ASSIGN_OR_RETURN(InferView view, DecodeGlance(request, model, limits));
  const auto& input = request.inputs(0);
  HILLOCK_RETURN_IF_ERROR(request.raw_input_contents_size() > 0 || !input.has_contents()
                              ? FindRaw(request, view.rows, model.inputs(), view)
                              : FindTyped(input, view.rows, model.inputs(), view));
  if (!model.options().plan.allow_non_finite) {
    HILLOCK_RETURN_IF_ERROR(CheckFinite(input.name(), view.input, view.rows, model.inputs()));
  }
  return view;
}

std::span<char* const> ResponseEncoder::Begin(const ModelInferRequest& request,
                                              const ServedModel& model, const InferView& view,
                                              ModelInferResponse& response) {
  model_ = &model;
  view_ = view;
  response_ = &response;
  response.set_model_name(model.name());
  response.set_model_version(model.version_text());
  response.set_id(request.id());
  rooms_.assign(model.outputs().size(), nullptr);
  unsent_.resize(UnsentFloats());
  float* unsent = unsent_.data();
  for (size_t i = 0; i < rooms_.size(); ++i) {
    if (view.values[i]) {
      rooms_[i] = AddValues(i);
    } else if (view.labels[i]) {
      rooms_[i] = reinterpret_cast<char*>(unsent);
      unsent += FloatsOf(i);
    }
  }
  return rooms_;
}

size_t ResponseEncoder::UnsentFloats() const {
  size_t floats = 0;
  for (size_t i = 0; i < model_->outputs().size(); ++i) {
    if (view_.labels[i] && !view_.values[i]) floats += FloatsOf(i);
  }
  return floats;
}

char* ResponseEncoder::AddValues(size_t output) {
  const ServedOutput& served = model_->outputs()[output];
  auto& tensor = *response_->add_outputs();
  tensor.set_name(served.name());
  tensor.set_datatype(kFloat);
  tensor.add_shape(static_cast<int64_t>(view_.rows));
  tensor.add_shape(static_cast<int64_t>(served.width));
  if (view_.typed) {
    auto& contents = *tensor.mutable_contents()->mutable_fp32_contents();
    contents.Resize(static_cast<int>(FloatsOf(output)), 0.0f);
    return reinterpret_cast<char*>(contents.mutable_data());
  }
  std::string& raw = *response_->add_raw_output_contents();
  raw.resize(FloatsOf(output) * sizeof(float));
  return raw.data();
}

void ResponseEncoder::End() {
  for (size_t i = 0; i < rooms_.size() && view_.labels.any(); ++i) {
    if (view_.labels[i]) AddLabels(i);
  }
}

void ResponseEncoder::AddLabels(size_t output) {
  const ServedOutput& served = model_->outputs()[output];
  auto& tensor = *response_->add_outputs();
  tensor.set_name(served.label_name);
  tensor.add_shape(static_cast<int64_t>(view_.rows));
  const auto* const values = reinterpret_cast<const float*>(rooms_[output]);
  if (served.is_multilabel()) {
    AddYesOrNo(served, values, tensor);
  } else {
    AddClasses(served, values, tensor);
  }
}

void ResponseEncoder::AddYesOrNo(const ServedOutput& served, const float* values,
                                 OutputTensor& tensor) {
  tensor.set_datatype(kInteger);
  tensor.add_shape(static_cast<int64_t>(served.width));
  const size_t count = view_.rows * served.width;
  if (view_.typed) {
    auto& contents = *tensor.mutable_contents()->mutable_int64_contents();
    contents.Reserve(static_cast<int>(count));
    for (size_t i = 0; i < count; ++i) contents.AddAlreadyReserved(served.IsYes(values[i]) ? 1 : 0);
    return;
  }
  std::string& raw = *response_->add_raw_output_contents();
  raw.resize(count * sizeof(int64_t));
  for (size_t i = 0; i < count; ++i) {
    const int64_t yes = served.IsYes(values[i]) ? 1 : 0;
    std::memcpy(raw.data() + i * sizeof yes, &yes, sizeof yes);
  }
}

void ResponseEncoder::AddClasses(const ServedOutput& served, const float* values,
                                 OutputTensor& tensor) {
  tensor.set_datatype(kBytes);
  std::string* const raw = view_.typed ? nullptr : response_->add_raw_output_contents();
  for (size_t row = 0; row < view_.rows; ++row) {
    const std::string& label = served.LabelOf(values + row * served.width);
    if (raw == nullptr) {
      tensor.mutable_contents()->add_bytes_contents(label);
    } else {
      AppendLength(label.size(), *raw);
      raw->append(label);
    }
  }
}

}  // namespace hillock::rpc
