// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "server/core/onnx/writing/graph_writer.h"
#include "server/core/onnx/writing/interface_writer.h"
#include "server/core/onnx/writing/label_writer.h"
#include "server/core/onnx/writing/layer_writer.h"

namespace hillock::onnx {
namespace {

constexpr size_t kMaxBytes = std::numeric_limits<int32_t>::max();

std::string WriteNormalization(GraphWriter& graph, const model::Mlp& mlp, std::string input) {
  if (mlp.offset.empty()) return input;
  const std::vector<int64_t> shape{static_cast<int64_t>(mlp.input_width())};
  const std::string offset = graph.Floats("normalization.offset", shape, mlp.offset);
  const std::string centred = graph.Node("Sub", {input, offset}, "normalization.centred");
  const std::string scale = graph.Floats("normalization.scale", shape, mlp.scale);
  return graph.Node("Mul", {centred, scale}, "normalization.scaled");
}

// A layer's value has the name of the first output that it is as it is, if there is one.
std::string ValueName(const model::Mlp& mlp, size_t layer) {
  const auto output = std::ranges::find_if(mlp.outputs, [&](const model::Output& each) {
    return IsValue(mlp, each) && each.source == model::OutputOf(layer);
  });
  return output == mlp.outputs.end() ? fmt::format("{}.y", mlp.layers[layer].name) : output->name;
}

absl::Status WriteLayers(GraphWriter& graph, const model::Mlp& mlp) {
  const InputRow row = WriteInputs(graph, mlp);
  model::ValueMap<std::string> names(mlp.layers.size());
  names[model::ValueId::kInput] = WriteNormalization(graph, mlp, row.value);
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    std::vector<LayerWriter::Source> sources;
    for (const model::ValueId source : mlp.layers[i].sources()) {
      sources.push_back({names[source], mlp.width(source)});
    }
    LayerWriter writer(graph, mlp.layers[i], row.row_count);
    HILLOCK_ASSIGN_OR_RETURN(names[model::OutputOf(i)], writer.Write(sources, ValueName(mlp, i)));
  }
  return absl::OkStatus();
}

void WriteOutputs(GraphWriter& graph, const model::Mlp& mlp) {
  for (const model::Output& output : mlp.outputs) {
    if (output.is_constant) {
      WriteConstantOutput(graph, mlp, output);
    } else {
      WriteOutput(graph, mlp, output, ValueName(mlp, model::LayerOf(output.source)));
    }
  }
  for (const model::Output& output : mlp.outputs) {
    if (!output.has_labels()) continue;
    WriteLabels(graph, output, mlp.width(output), ValueName(mlp, model::LayerOf(output.source)),
                mlp.LabelName(output));
  }
}

}  // namespace

absl::StatusOr<std::string> ExportOnnx(const model::Mlp& mlp) {
  GraphWriter graph;
  HILLOCK_RETURN_IF_ERROR(WriteLayers(graph, mlp));
  WriteOutputs(graph, mlp);
  std::string content = graph.Finish();
  if (content.size() <= kMaxBytes) return content;
  return absl::ResourceExhaustedError(
      fmt::format("{} bytes, want at most {}", content.size(), kMaxBytes));
}

}  // namespace hillock::onnx
