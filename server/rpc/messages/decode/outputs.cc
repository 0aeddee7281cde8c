// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/decode/outputs.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/rpc/messages/decode/request_checks.h"

namespace hillock::rpc {
namespace {

using lifecycle::ServedModel;
using lifecycle::ServedOutput;
using model::Datatype;

// The outputs that the model has.
std::string OutputNames(const ServedModel& model) {
  std::vector<std::string_view> names;
  for (const ServedOutput& output : model.outputs()) names.push_back(output.name());
  for (const ServedOutput& output : model.outputs()) {
    if (output.has_labels()) names.push_back(output.label_name);
  }
  return NameList(std::move(names), "or");
}

absl::Status NoSuchOutput(std::string_view name, const ServedModel& model) {
  for (const model::LeftOut& left_out : model.left_out()) {
    if (left_out.name != name) continue;
    return absl::UnimplementedError(fmt::format("model '{}': output '{}' is left out: {}",
                                                model.name(), name, left_out.reason));
  }
  return absl::InvalidArgumentError(fmt::format("model '{}': got output '{}', want {}",
                                                model.name(), Excerpt(name), OutputNames(model)));
}

absl::Status FindOutput(std::string_view name, const ServedModel& model, InferView& view) {
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    const ServedOutput& output = model.outputs()[i];
    const bool is_values = name == output.name();
    if (is_values) view.values.set(i);
    const bool is_labels = output.has_labels() && name == output.label_name;
    if (is_labels) view.labels.set(i);
    if (is_values || is_labels) return absl::OkStatus();
  }
  return NoSuchOutput(name, model);
}

// How many outputs a request may name: those of the model, counting labels as outputs, and those
// that it was left without.
size_t CountOutputs(const ServedModel& model) {
  size_t count = model.outputs().size() + model.left_out().size();
  for (const ServedOutput& output : model.outputs()) count += output.has_labels() ? 1 : 0;
  return count;
}

// Of one output, without its labels.
size_t BytesOf(const ServedOutput& served, size_t rows) {
  const Datatype datatype = served.output.datatype;
  const size_t elements = served.is_constant() ? served.width : rows * served.width;
  const size_t floats = served.is_constant() ? 0 : elements * sizeof(float);
  if (datatype == Datatype::kFp32 && !served.is_constant()) return floats;
  const size_t bytes =
      datatype == Datatype::kBytes ? sizeof(uint32_t) : model::SpecOf(datatype).bytes;
  return floats + elements * bytes;
}

}  // namespace

// An output may be named twice: it is answered once. More names than the model has outputs are
// refused before any is looked up, which bounds names x outputs.
absl::Status FindOutputs(const RequestView& request, const ServedModel& model, InferView& view) {
  for (size_t i = 0; i < model.outputs().size() && request.outputs.empty(); ++i) {
    view.values.set(i);
    view.labels.set(i, model.outputs()[i].has_labels());
  }
  if (const size_t max = CountOutputs(model); request.outputs.size() > max) {
    return absl::InvalidArgumentError(fmt::format("model '{}': got {} outputs, want at most {}",
                                                  model.name(), request.outputs.size(), max));
  }
  for (const TensorView& output : request.outputs) {
    HILLOCK_RETURN_IF_ERROR(CheckParameters("output", output));
    HILLOCK_RETURN_IF_ERROR(FindOutput(output.name, model, view));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> CheckAnswer(const ServedModel& model, const Limits& limits,
                                   const InferView& view) {
  const OutputSet computed = view.values | view.labels;
  size_t bytes = 0;
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    const ServedOutput& output = model.outputs()[i];
    if (computed[i]) bytes += BytesOf(output, view.rows);
    if (view.labels[i] && output.is_multilabel()) {
      bytes += view.rows * output.width * sizeof(int64_t);
    }
  }
  if (bytes <= limits.max_answer_bytes) return bytes;
  return absl::ResourceExhaustedError(
      fmt::format("input '{}': the answer to {} rows has {} bytes, want at most {}",
                  model.inputs().front().name(), view.rows, bytes, limits.max_answer_bytes));
}

}  // namespace hillock::rpc
