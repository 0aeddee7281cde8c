// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/writer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "proto/mlp.pb.h"
#include "server/core/model/checksum.h"
#include "server/core/model/format/layers.h"
#include "server/core/model/format/numbers.h"
#include "server/core/model/format/tensors.h"
#include "server/core/model/reader.h"

namespace hillock::model {
namespace {

bool NeedsGraph(const Mlp& mlp) {
  return mlp.inputs.size() != 1 || !IsPlain(mlp.inputs.front()) || !mlp.words.empty() ||
         !mlp.left_out.empty() || !std::ranges::all_of(mlp.layers, &Layer::is_dense) ||
         !std::ranges::all_of(mlp.outputs,
                              [&](const Output& output) { return IsPlain(output, mlp); });
}

// The lowest that holds it.
unsigned VersionOf(const Mlp& mlp) {
  if (NeedsGraph(mlp)) return kGraphVersion;
  return mlp.is_chain() && !mlp.outputs.front().multilabel ? kChainVersion : kTreeVersion;
}

void WriteTensor(const std::string& name, size_t width, v1::Tensor& to) {
  to.set_name(name);
  to.set_width(static_cast<uint32_t>(width));
}

void WriteInputs(const Mlp& mlp, v1::Mlp& file) {
  if (file.format_version() != kGraphVersion) {
    WriteTensor(mlp.inputs.front().name, mlp.input_width(), *file.mutable_input());
    return;
  }
  for (const Input& input : mlp.inputs) WriteInput(input, *file.add_inputs());
  for (const std::string& word : mlp.words) file.add_words(word);
}

void WriteOutputs(const Mlp& mlp, v1::Mlp& file) {
  if (file.format_version() == kChainVersion) {
    const Output& output = mlp.outputs.front();
    WriteTensor(output.name, mlp.width(output), *file.mutable_output());
    for (const std::string& label : output.class_labels) file.add_class_labels(label);
    if (output.threshold != kDefaultThreshold) file.set_threshold(output.threshold);
    return;
  }
  for (const Output& output : mlp.outputs) WriteOutput(output, mlp, *file.add_outputs());
  for (const LeftOut& output : mlp.left_out) {
    v1::LeftOut& to = *file.add_left_out();
    to.set_name(output.name);
    to.set_reason(output.reason);
  }
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
  file.set_format_version(VersionOf(mlp));
  file.set_producer(mlp.producer);
  WriteInputs(mlp, file);
  if (!mlp.offset.empty()) {
    file.mutable_normalization()->set_offset(BytesOf(mlp.offset));
    file.mutable_normalization()->set_scale(BytesOf(mlp.scale));
  }
  for (size_t i = 0; i < mlp.layers.size(); ++i) WriteLayer(mlp.layers[i], i, *file.add_layers());
  WriteOutputs(mlp, file);
  std::string content = Serialize(file);
  AppendTrailer(content);
  return content;
}

}  // namespace hillock::model
