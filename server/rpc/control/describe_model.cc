// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/control/describe_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "server/core/engine/plan.h"

namespace hillock::rpc {
namespace {

using lifecycle::ServedInput;
using lifecycle::ServedModel;
using lifecycle::ServedOutput;
using model::Datatype;
using model::TensorShape;

// A tensor on the wire.
struct Tensor {
  std::string name;
  Datatype datatype;
  TensorShape shape;  // -1: the axis that depends on the rows
  bool is_constant = false;
  bool is_optional = false;
};

TensorShape Open(const TensorShape& shape) {
  TensorShape open = shape;
  for (int64_t& size : open) size = std::max<int64_t>(size, -1);
  return open;
}

std::vector<Tensor> InputsOf(const ServedModel& model) {
  std::vector<Tensor> tensors;
  for (const ServedInput& served : model.inputs()) {
    const model::Input& input = served.input;
    tensors.push_back({.name = input.name,
                       .datatype = input.datatype,
                       .shape = Open(input.shape),
                       .is_optional = !input.required});
  }
  return tensors;
}

Tensor LabelsOf(const ServedOutput& served) {
  if (!served.is_multilabel()) return {served.label_name, Datatype::kBytes, {-1}};
  return {served.label_name, Datatype::kInt64, {-1, static_cast<int64_t>(served.width)}};
}

// As in answers, labels last.
std::vector<Tensor> OutputsOf(const ServedModel& model) {
  std::vector<Tensor> tensors;
  for (const ServedOutput& served : model.outputs()) {
    tensors.push_back({.name = served.name(),
                       .datatype = served.output.datatype,
                       .shape = Open(served.output.shape),
                       .is_constant = served.is_constant()});
  }
  for (const ServedOutput& served : model.outputs()) {
    if (served.has_labels()) tensors.push_back(LabelsOf(served));
  }
  return tensors;
}

// Triton's numbers.
inference::DataType DataTypeOf(Datatype datatype) {
  switch (datatype) {
    case Datatype::kBool:
      return inference::TYPE_BOOL;
    case Datatype::kUint8:
      return inference::TYPE_UINT8;
    case Datatype::kUint16:
      return inference::TYPE_UINT16;
    case Datatype::kUint32:
      return inference::TYPE_UINT32;
    case Datatype::kUint64:
      return inference::TYPE_UINT64;
    case Datatype::kInt8:
      return inference::TYPE_INT8;
    case Datatype::kInt16:
      return inference::TYPE_INT16;
    case Datatype::kInt32:
      return inference::TYPE_INT32;
    case Datatype::kInt64:
      return inference::TYPE_INT64;
    case Datatype::kFp16:
      return inference::TYPE_FP16;
    case Datatype::kBf16:
      return inference::TYPE_BF16;
    case Datatype::kFp32:
      return inference::TYPE_FP32;
    case Datatype::kFp64:
      return inference::TYPE_FP64;
    case Datatype::kBytes:
      return inference::TYPE_STRING;
  }
  return inference::TYPE_INVALID;
}

bool BeginsWithRows(const Tensor& tensor) {
  return tensor.is_constant || (!tensor.shape.empty() && tensor.shape.front() == -1);
}

// Without the rows when they are the first axis of every tensor, which `batched` says. There are
// always some: one number a row, and not a row of one, is what `reshape` says.
template <class Message>
void Configure(const Tensor& tensor, bool batched, Message& message) {
  message.set_name(tensor.name);
  message.set_data_type(DataTypeOf(tensor.datatype));
  const size_t first = batched && !tensor.is_constant ? 1 : 0;
  for (size_t i = first; i < tensor.shape.size(); ++i) message.add_dims(tensor.shape[i]);
  if (message.dims_size() > 0) return;
  message.add_dims(1);
  message.mutable_reshape();
}

// Of outputs on their own.
void DescribeColumns(const ServedModel& model, const ServedOutput& served,
                     inference::ModelConfig& config) {
  const std::string prefix = model.outputs().size() > 1 ? served.name() + "." : "";
  const auto& labels = served.output.class_labels;
  const auto& names = labels.empty() ? served.output.column_names : labels;
  for (size_t i = 0; i < names.size(); ++i) {
    (*config.mutable_parameters())[fmt::format("{}class.{}", prefix, i)].set_string_value(names[i]);
  }
}

std::vector<std::string> NotesOf(const ServedModel& model) {
  std::vector<std::string> notes = model.plan().notes();
  for (const model::LeftOut& left_out : model.left_out()) notes.push_back(Describe(left_out));
  for (const std::string& note : model.options().notes) notes.push_back(note);
  return notes;
}

void DescribeParameters(const ServedModel& model, inference::ModelConfig& config) {
  const auto add = [&config](const std::string& name, std::string_view value) {
    (*config.mutable_parameters())[name].set_string_value(std::string(value));
  };
  const auto add_all = [&add](std::string_view name, const std::vector<std::string>& values) {
    for (size_t i = 0; i < values.size(); ++i) add(fmt::format("{}.{}", name, i), values[i]);
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
  add_all("rewrite", model.plan().rewrites());
  add_all("note", NotesOf(model));
  const auto& steps = model.plan().steps();
  for (size_t i = 0; i < steps.size(); ++i) {
    add(fmt::format("layer.{}", i),
        fmt::format("{}: {}", engine::NameOf(steps[i]), engine::Describe(steps[i])));
  }
}

}  // namespace

void DescribeTensors(const ServedModel& model, inference::ModelMetadataResponse& response) {
  const auto describe = [](const Tensor& tensor, auto& message) {
    message.set_name(tensor.name);
    message.set_datatype(std::string(model::DatatypeName(tensor.datatype)));
    for (const int64_t size : tensor.shape) message.add_shape(size);
  };
  for (const Tensor& tensor : InputsOf(model)) describe(tensor, *response.add_inputs());
  for (const Tensor& tensor : OutputsOf(model)) describe(tensor, *response.add_outputs());
}

void DescribeModel(const ServedModel& model, inference::ModelConfig& config) {
  const std::vector<Tensor> inputs = InputsOf(model);
  const std::vector<Tensor> outputs = OutputsOf(model);
  const bool batched =
      std::ranges::all_of(inputs, BeginsWithRows) && std::ranges::all_of(outputs, BeginsWithRows);
  config.set_name(model.name());
  const size_t max_rows = model.options().limits.max_rows;
  config.set_max_batch_size(batched ? static_cast<int32_t>(max_rows) : 0);
  config.mutable_dynamic_batching();
  for (const Tensor& tensor : inputs) {
    inference::ModelInput& input = *config.add_input();
    Configure(tensor, batched, input);
    input.set_optional(tensor.is_optional);
  }
  for (const Tensor& tensor : outputs) Configure(tensor, batched, *config.add_output());
  DescribeParameters(model, config);
  for (const ServedOutput& served : model.outputs()) DescribeColumns(model, served, config);
}

std::string Describe(const model::LeftOut& left_out) {
  return fmt::format("output '{}' is left out: {}", left_out.name, left_out.reason);
}

}  // namespace hillock::rpc
