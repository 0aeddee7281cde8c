// SPDX-License-Identifier: Apache-2.0
#include "client/api/model_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "client/text/text.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr int64_t kMaxWidth = int64_t{1} << 31;

template <class Shape>
bool HasRows(const Shape& shape) {
  return std::ranges::find(shape, -1) != shape.end();
}

struct Range {
  double low;
  double high;
};

// None for numbers that need not be whole, and strings.
std::optional<Range> RangeOf(model::Datatype datatype) {
  const model::DatatypeSpec& spec = model::SpecOf(datatype);
  if (spec.kind == model::DatatypeKind::kBool) return Range{0, 1};
  if (spec.kind != model::DatatypeKind::kInteger) return std::nullopt;
  const auto bits = static_cast<int>(8 * spec.bytes);
  if (spec.name.starts_with('U')) return Range{0, std::ldexp(1.0, bits) - 1};
  return Range{-std::ldexp(1.0, bits - 1), std::ldexp(1.0, bits - 1) - 1};
}

absl::StatusOr<ModelInput> TensorOf(
    const char* what, const inference::ModelMetadataResponse::TensorMetadata& metadata) {
  ModelInput input{.name = metadata.name()};
  input.shape.assign(metadata.shape().begin(), metadata.shape().end());
  const auto datatype = model::FindDatatype(metadata.datatype());
  int64_t width = 1;
  bool sound = datatype.has_value() && std::ranges::count(input.shape, -1) <= 1;
  for (const int64_t size : input.shape) {
    sound = sound && (size == -1 || (size > 0 && size <= kMaxWidth / width));
    if (sound && size > 0) width *= size;
  }
  if (!sound) {
    return absl::UnimplementedError(
        fmt::format("{} {} is {} [{}], which this command cannot handle", what, Quoted(input.name),
                    Quoted(metadata.datatype()), fmt::join(input.shape, ", ")));
  }
  input.datatype = *datatype;
  input.width = static_cast<size_t>(width);
  return input;
}

}  // namespace

absl::StatusOr<std::vector<ModelInput>> InputsOf(const inference::ModelMetadataResponse& metadata) {
  std::vector<ModelInput> inputs;
  for (const auto& tensor : metadata.inputs()) {
    HILLOCK_ASSIGN_OR_RETURN(ModelInput input, TensorOf("input", tensor));
    inputs.push_back(std::move(input));
  }
  const bool any_rows =
      std::ranges::any_of(inputs, [](const ModelInput& input) { return HasRows(input.shape); });
  for (ModelInput& input : inputs) input.is_shared = any_rows && !HasRows(input.shape);
  return inputs;
}

absl::StatusOr<std::vector<ModelInput>> OutputsOf(
    const inference::ModelMetadataResponse& metadata) {
  const std::vector<std::string> with_rows = RowOutputsOf(metadata);
  std::vector<ModelInput> outputs;
  for (const auto& tensor : metadata.outputs()) {
    if (std::ranges::find(with_rows, tensor.name()) == with_rows.end()) continue;
    HILLOCK_ASSIGN_OR_RETURN(ModelInput output, TensorOf("output", tensor));
    outputs.push_back(std::move(output));
  }
  return outputs;
}

absl::Status CheckElements(std::span<const ModelInput> inputs, size_t width,
                           std::span<const float> values) {
  size_t begin = 0;
  for (const ModelInput& input : inputs) {
    const auto range = RangeOf(input.datatype);
    for (size_t row = 0; range && row < values.size() / width; ++row) {
      for (size_t c = 0; c < input.width; ++c) {
        const float value = values[row * width + begin + c];
        if (value >= range->low && value <= range->high && std::trunc(value) == value) continue;
        return absl::InvalidArgumentError(fmt::format(
            "input {}: row {}, column {} is {}, want a whole number from {} to {} for {}",
            Quoted(input.name), row, c, value, range->low, range->high,
            model::DatatypeName(input.datatype)));
      }
    }
    begin += input.width;
  }
  return absl::OkStatus();
}

std::vector<std::string> RowOutputsOf(const inference::ModelMetadataResponse& metadata) {
  std::vector<std::string> with_rows;
  for (const auto& output : metadata.outputs()) {
    if (HasRows(output.shape())) with_rows.push_back(output.name());
  }
  return with_rows;
}

absl::StatusOr<ModelInput> OnlyInput(const inference::ModelMetadataResponse& metadata) {
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<ModelInput> inputs, InputsOf(metadata));
  if (inputs.size() == 1 && inputs.front().datatype == model::Datatype::kFp32 &&
      HasRows(inputs.front().shape)) {
    return inputs.front();
  }
  return absl::UnimplementedError(fmt::format(
      "model {} does not have one FP32 input of rows, which is what this command can send",
      Quoted(metadata.name())));
}

}  // namespace hillock::client
