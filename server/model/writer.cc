#include "server/model/writer.h"

#include <cstdint>
#include <vector>

#include "proto/mlp.pb.h"
#include "server/model/checksum.h"
#include "server/model/reader.h"

namespace hillock::model {
namespace {

std::string Bytes(const std::vector<float>& floats) {
  return {reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)};
}

void WriteLayer(const Layer& layer, v1::Layer& to) {
  to.set_name(layer.name);
  to.set_inputs(static_cast<uint32_t>(layer.inputs));
  to.set_outputs(static_cast<uint32_t>(layer.outputs));
  to.set_weights(Bytes(layer.weights));
  to.set_bias(Bytes(layer.bias));
  auto& activation = *to.mutable_activation();
  const activation::Spec& spec = *layer.activation;
  activation.set_name(std::string(spec.name));
  for (size_t i = 0; i < spec.param_count; ++i) {
    (*activation.mutable_parameters())[std::string(spec.params[i].name)] = layer.params[i];
  }
  activation.set_slopes(Bytes(layer.slopes));
}

}  // namespace

std::string WriteMlp(const Mlp& mlp) {
  v1::Mlp file;
  file.set_format_version(kFormatVersion);
  file.set_producer(mlp.producer);
  file.mutable_input()->set_name(mlp.input_name);
  file.mutable_input()->set_width(static_cast<uint32_t>(mlp.inputs()));
  const Output& output = mlp.outputs.front();
  file.mutable_output()->set_name(output.name);
  file.mutable_output()->set_width(static_cast<uint32_t>(mlp.width(output)));
  if (!mlp.offset.empty()) {
    file.mutable_normalization()->set_offset(Bytes(mlp.offset));
    file.mutable_normalization()->set_scale(Bytes(mlp.scale));
  }
  for (const Layer& layer : mlp.layers) WriteLayer(layer, *file.add_layers());
  for (const std::string& label : output.class_labels) file.add_class_labels(label);
  if (output.threshold != kDefaultThreshold) file.set_threshold(output.threshold);
  std::string content = file.SerializeAsString();
  AppendTrailer(content);
  return content;
}

}  // namespace hillock::model
