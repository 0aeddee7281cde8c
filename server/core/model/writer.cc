#include "server/core/model/writer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdint>
#include <vector>

#include "proto/mlp.pb.h"
#include "server/core/model/checksum.h"
#include "server/core/model/reader.h"

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

// Into a message that has class labels and perhaps a threshold.
template <class Message>
void WriteLabels(const Output& output, Message& to) {
  for (const std::string& label : output.class_labels) to.add_class_labels(label);
  if (output.threshold != kDefaultThreshold) to.set_threshold(output.threshold);
}

template <class Message>
void WriteTensor(const std::string& name, size_t width, Message& to) {
  to.set_name(name);
  to.set_width(static_cast<uint32_t>(width));
}

void WriteTree(const Mlp& mlp, v1::Mlp& file) {
  file.set_format_version(kTreeVersion);
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const size_t source = NumberOf(mlp.layers[i].source);
    if (source != i) {
      file.mutable_layers(static_cast<int>(i))->set_source(static_cast<uint32_t>(source));
    }
  }
  for (const Output& output : mlp.outputs) {
    v1::Output& to = *file.add_outputs();
    WriteTensor(output.name, mlp.width(output), to);
    to.set_source(static_cast<uint32_t>(NumberOf(output.source)));
    WriteLabels(output, to);
    to.set_multilabel(output.multilabel);
  }
}

void WriteChain(const Mlp& mlp, v1::Mlp& file) {
  file.set_format_version(kChainVersion);
  WriteTensor(mlp.outputs[0].name, mlp.width(mlp.outputs[0]), *file.mutable_output());
  WriteLabels(mlp.outputs[0], file);
}

// Maps are in no order of their own: the same model would become different files.
std::string Serialize(const v1::Mlp& file) {
  std::string content;
  content.reserve(file.ByteSizeLong());
  google::protobuf::io::StringOutputStream stream(&content);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  file.SerializeToCodedStream(&coded);
  coded.Trim();
  return content;
}

}  // namespace

std::string WriteMlp(const Mlp& mlp) {
  v1::Mlp file;
  file.set_producer(mlp.producer);
  WriteTensor(mlp.inputs.front().name, mlp.input_width(), *file.mutable_input());
  if (!mlp.offset.empty()) {
    file.mutable_normalization()->set_offset(Bytes(mlp.offset));
    file.mutable_normalization()->set_scale(Bytes(mlp.scale));
  }
  for (const Layer& layer : mlp.layers) WriteLayer(layer, *file.add_layers());
  if (mlp.is_chain() && !mlp.outputs[0].multilabel) {
    WriteChain(mlp, file);
  } else {
    WriteTree(mlp, file);
  }
  std::string content = Serialize(file);
  AppendTrailer(content);
  return content;
}

}  // namespace hillock::model
