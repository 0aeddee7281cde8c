#include "server/rpc/messages/codec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "server/core/kernel/fallback.h"

namespace hillock::rpc {
namespace {

using lifecycle::ServedModel;
using lifecycle::ServedOutput;

constexpr char kFloat[] = "FP32";

constexpr size_t kMaxNames = 8;  // in a message

// A server that ignored these parameters would give wrong answers. Others are ignored.
absl::Status CheckParameters(std::string_view what, const TensorView& tensor) {
  if (!tensor.classification && !tensor.shared_memory_region) return absl::OkStatus();
  return absl::UnimplementedError(
      fmt::format("{} '{}': parameter '{}' is not supported", what, Excerpt(tensor.name),
                  tensor.classification ? "classification" : "shared_memory_region"));
}

absl::Status CheckInputs(const RequestView& request, const ServedModel& model) {
  if (request.inputs.size() != 1) {
    return absl::InvalidArgumentError(fmt::format("model '{}': got {} inputs, want 1, '{}'",
                                                  model.name(), request.inputs.size(),
                                                  model.input_name()));
  }
  const InputView& input = request.inputs[0];
  if (input.name != model.input_name()) {
    return absl::InvalidArgumentError(fmt::format("model '{}': got input '{}', want '{}'",
                                                  model.name(), Excerpt(input.name),
                                                  model.input_name()));
  }
  if (input.datatype != kFloat) {
    return absl::InvalidArgumentError(fmt::format("input '{}': got datatype '{}', want {}",
                                                  input.name, Excerpt(input.datatype), kFloat));
  }
  return CheckParameters("input", input);
}

absl::StatusOr<size_t> CheckShape(const InputView& input, const ServedModel& model) {
  const auto shape = input.shape();
  const size_t width = model.inputs();
  if (shape.size() != 2 || shape[0] < 1 || shape[1] != static_cast<int64_t>(width)) {
    return absl::InvalidArgumentError(
        fmt::format("input '{}': got shape [{}], want [rows, {}] with at least 1 row", input.name,
                    fmt::join(shape, ", "), width));
  }
  const auto rows = static_cast<size_t>(shape[0]);
  const size_t max = model.options().limits.max_rows;
  if (rows > max) {
    return absl::ResourceExhaustedError(
        fmt::format("input '{}': got {} rows, want at most {}", input.name, rows, max));
  }
  return rows;
}

// Contents in raw_input_contents, which need no gathering: the bytes are the floats, little-endian.
absl::Status FindRaw(const RequestView& request, size_t width, InferView& view) {
  const InputView& input = request.inputs[0];
  if (input.has_contents) {
    return absl::InvalidArgumentError(fmt::format(
        "input '{}': contents field must not be specified when using raw_input_contents",
        input.name));
  }
  if (request.raw_contents.size() != 1) {
    return absl::InvalidArgumentError(fmt::format(
        "got {} raw_input_contents, want 1, as there is 1 input", request.raw_contents.size()));
  }
  const std::string_view raw = request.raw_contents[0];
  const size_t want = view.rows * width * sizeof(float);
  if (raw.size() != want) {
    return absl::InvalidArgumentError(fmt::format("input '{}': {} bytes, want {} x {} {} = {}",
                                                  input.name, raw.size(), view.rows, width, kFloat,
                                                  want));
  }
  view.input = raw.data();
  return absl::OkStatus();
}

// Contents in the input's own fp32_contents.
absl::Status FindTyped(const InputView& input, size_t width, std::vector<float>& gathered,
                       InferView& view) {
  if (input.has_other_contents) {
    return absl::InvalidArgumentError(fmt::format(
        "input '{}': contents in a field of another datatype, want fp32_contents", input.name));
  }
  const size_t want = view.rows * width;
  if (input.floats != want) {
    return absl::InvalidArgumentError(fmt::format("input '{}': {} fp32_contents, want {} x {} = {}",
                                                  input.name, input.floats, view.rows, width,
                                                  want));
  }
  view.typed = true;
  if (!input.floats_in_place.empty()) {
    view.input = input.floats_in_place.data();
    return absl::OkStatus();
  }
  input.GatherFloats(gathered);
  view.input = reinterpret_cast<const char*>(gathered.data());
  return absl::OkStatus();
}

absl::Status CheckFinite(std::string_view name, size_t width, const InferView& view) {
  const size_t count = view.rows * width;
  const size_t bad = kernel::fallback::FirstNonFinite(view.input, count);
  if (bad == count) return absl::OkStatus();
  float value = 0;
  std::memcpy(&value, view.input + bad * sizeof value, sizeof value);
  return absl::InvalidArgumentError(
      fmt::format("input '{}': row {}, column {} is {}, want a finite number", name, bad / width,
                  bad % width, value));
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
  if (names.size() > kMaxNames) {
    names.resize(kMaxNames);
    names.emplace_back("another");
  }
  const std::string last = names.back();
  names.pop_back();
  return names.empty() ? last : fmt::format("{} or {}", fmt::join(names, ", "), last);
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
  return absl::InvalidArgumentError(fmt::format("model '{}': got output '{}', want {}",
                                                model.name(), Excerpt(name), OutputNames(model)));
}

// How many outputs the model has, counting labels as outputs.
size_t CountOutputs(const ServedModel& model) {
  size_t count = model.outputs().size();
  for (const ServedOutput& output : model.outputs()) count += output.has_labels() ? 1 : 0;
  return count;
}

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

// The memory for an answer's numbers, before any is taken: a small request for many rows of a wide
// output is the cheapest way to make a server allocate. Classes are not counted, as their labels
// are known only when they are chosen; ResponseWriter limits those.
absl::StatusOr<size_t> CheckAnswer(const ServedModel& model, const Limits& limits,
                                   const InferView& view) {
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
                  model.input_name(), view.rows, bytes, limits.max_answer_bytes));
}

}  // namespace

// Cheap checks first: names, then the shape, whose rows the size of the answer depends on.
absl::StatusOr<InferView> DecodeShape(const RequestView& request, const ServedModel& model,
                                      const Limits& limits) {
  InferView view;
  HILLOCK_RETURN_IF_ERROR(CheckInputs(request, model));
  HILLOCK_ASSIGN_OR_RETURN(view.rows, CheckShape(request.inputs[0], model));
  HILLOCK_RETURN_IF_ERROR(FindOutputs(request, model, view));
  HILLOCK_ASSIGN_OR_RETURN(view.answer_bytes, CheckAnswer(model, limits, view));
  return view;
}

// A request without any contents is reported as one whose raw contents are missing.
absl::Status DecodeContents(const RequestView& request, const ServedModel& model,
                            std::vector<float>& gathered, InferView& view) {
  const InputView& input = request.inputs[0];
  const size_t width = model.inputs();
  HILLOCK_RETURN_IF_ERROR(!request.raw_contents.empty() || !input.has_contents
                              ? FindRaw(request, width, view)
                              : FindTyped(input, width, gathered, view));
  if (model.options().compute.allow_non_finite) return absl::OkStatus();
  return CheckFinite(input.name, width, view);
}

}  // namespace hillock::rpc
