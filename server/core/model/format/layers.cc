// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/format/layers.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>

#include "server/core/base/background_thread.h"
#include "server/core/model/format/numbers.h"
#include "server/core/model/format/operations.h"

namespace hillock::model {
namespace {

absl::Status ReadActivation(const v1::Activation& from, Layer& layer) {
  const std::string name = from.name().empty() ? "identity" : from.name();
  layer.activation = activation::Find(name);
  if (layer.activation == nullptr) {
    return absl::UnimplementedError(fmt::format("unknown activation '{}'", Excerpt(name)));
  }
  const std::map<std::string, float> given(from.parameters().begin(), from.parameters().end());
  HILLOCK_ASSIGN_OR_RETURN(layer.params, activation::ResolveParams(*layer.activation, given));
  HILLOCK_ASSIGN_OR_RETURN(layer.slopes, Floats("slopes", from.slopes()));
  return absl::OkStatus();
}

absl::Status ReadDense(const v1::Layer& from, size_t index, Layer& layer) {
  if (from.operands_size() > 0) {
    return absl::InvalidArgumentError(
        fmt::format("is dense and has {} operands, want none", from.operands_size()));
  }
  layer.source = ValueId{from.has_source() ? from.source() : index};
  layer.inputs = from.inputs();
  HILLOCK_ASSIGN_OR_RETURN(layer.weights, Floats("weights", from.weights()));
  // The sizes come from the file; the weights prove them before the defaults are allocated.
  if (layer.weights.size() != layer.inputs * layer.outputs) {
    return absl::InvalidArgumentError(fmt::format("weights has {} floats, want {} x {} = {}",
                                                  layer.weights.size(), layer.outputs, layer.inputs,
                                                  layer.inputs * layer.outputs));
  }
  if (layer.inputs == 0 || layer.outputs == 0) {
    return absl::InvalidArgumentError(
        fmt::format("got {} inputs and {} outputs, want at least 1", layer.inputs, layer.outputs));
  }
  HILLOCK_ASSIGN_OR_RETURN(layer.bias, FloatsOr("bias", from.bias(), layer.outputs, 0.0f));
  return absl::OkStatus();
}

absl::Status ReadRowOperation(const v1::Layer& from, Layer& layer) {
  if (from.has_source() || from.inputs() != 0 || !from.weights().empty() || !from.bias().empty()) {
    return absl::InvalidArgumentError(
        "is a row operation and has a source, inputs, weights or bias, want operands alone");
  }
  HILLOCK_ASSIGN_OR_RETURN(layer.operation, ReadOperation(from));
  for (const uint32_t operand : from.operands()) layer.operands.push_back(ValueId{operand});
  return absl::OkStatus();
}

void WriteActivation(const Layer& layer, v1::Activation& to) {
  const activation::Spec& spec = *layer.activation;
  to.set_name(std::string(spec.name));
  for (size_t i = 0; i < spec.param_count; ++i) {
    (*to.mutable_parameters())[std::string(spec.params[i].name)] = layer.params[i];
  }
  to.set_slopes(BytesOf(layer.slopes));
}

void WriteDense(const Layer& layer, size_t index, v1::Layer& to) {
  to.set_inputs(static_cast<uint32_t>(layer.inputs));
  to.set_weights(BytesOf(layer.weights));
  to.set_bias(BytesOf(layer.bias));
  const size_t source = NumberOf(layer.source);
  if (source != index) to.set_source(static_cast<uint32_t>(source));
}

}  // namespace

absl::StatusOr<Layer> ReadLayer(const v1::Layer& from, size_t index) {
  YieldIfContended();
  Layer layer;
  HILLOCK_ASSIGN_OR_RETURN(layer.name, NameOr("name", from.name(), fmt::format("layer{}", index)));
  layer.outputs = from.outputs();
  layer.group = from.group();
  const bool is_dense = from.operation_case() == v1::Layer::OPERATION_NOT_SET;
  HILLOCK_RETURN_IF_ERROR(is_dense ? ReadDense(from, index, layer) : ReadRowOperation(from, layer));
  HILLOCK_RETURN_IF_ERROR(ReadActivation(from.activation(), layer));
  return layer;
}

void WriteLayer(const Layer& layer, size_t index, v1::Layer& to) {
  to.set_name(layer.name);
  to.set_outputs(static_cast<uint32_t>(layer.outputs));
  to.set_group(static_cast<uint32_t>(layer.group));
  if (layer.is_dense()) {
    WriteDense(layer, index, to);
  } else {
    WriteOperation(*layer.operation, to);
    for (const ValueId operand : layer.operands) {
      to.add_operands(static_cast<uint32_t>(NumberOf(operand)));
    }
  }
  WriteActivation(layer, *to.mutable_activation());
}

}  // namespace hillock::model
