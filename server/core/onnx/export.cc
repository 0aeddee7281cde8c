#include "server/core/onnx/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/onnx/graph_writer.h"

namespace hillock::onnx {
namespace {

using activation::Scope;
using activation::Spec;
using onnx::DataType;
using onnx::GraphWriter;
using onnx::IntegerAttribute;
using onnx::WireWriter;

constexpr size_t kMaxBytes = std::numeric_limits<int32_t>::max();

int64_t Signed(size_t size) { return static_cast<int64_t>(size); }

// Writes one layer; names in the graph begin with the layer's.
class LayerWriter {
 public:
  LayerWriter(GraphWriter& graph, const model::Layer& layer) : graph_(graph), layer_(layer) {}

  // Returns the name of what comes out: `output`.
  absl::StatusOr<std::string> Write(const std::string& input, const std::string& output) {
    const bool is_identity = layer_.activation->name == "identity";
    const std::string z =
        graph_.Node("Gemm", {input, Weights(), Bias()}, is_identity ? output : Name("z"),
                    {IntegerAttribute("transB", 1)});
    if (is_identity) return z;
    return HasOperator() ? Operator(z, output) : Decomposed(z, output);
  }

 private:
  std::string Name(std::string_view part) const { return fmt::format("{}.{}", layer_.name, part); }

  bool HasOperator() const {
    const Spec& spec = *layer_.activation;
    if (spec.onnx.op.empty() || spec.onnx.since > GraphWriter::kOpset) return false;
    for (size_t i = 0; i < spec.param_count; ++i) {
      const activation::ParamSpec& param = spec.params[i];
      if (!param.is_in_onnx && layer_.params[i] != param.default_value) return false;
    }
    return true;
  }

  std::string Weights() {
    return graph_.Floats(Name("weight"), {Signed(layer_.outputs), Signed(layer_.inputs)},
                         layer_.weights);
  }
  std::string Bias() { return graph_.Floats(Name("bias"), {Signed(layer_.outputs)}, layer_.bias); }
  std::string Constant(std::string_view part, float value) {
    if (!constants_.emplace(part).second) return Name(part);
    return graph_.Floats(Name(part), {}, {&value, 1});
  }
  std::string Operator(const std::string& z, const std::string& output) {
    const Spec& spec = *layer_.activation;
    std::vector<std::string> inputs{z};
    std::vector<WireWriter> attributes;
    if (!spec.onnx.attribute.empty()) {
      attributes.push_back(onnx::TextAttribute(spec.onnx.attribute, spec.onnx.value));
    }
    if (spec.scope == Scope::kPerUnit) {
      inputs.push_back(graph_.Floats(Name("slope"), {Signed(layer_.outputs)}, layer_.slopes));
    } else if (spec.scope == Scope::kRow) {
      attributes.push_back(IntegerAttribute("axis", 1));
    } else {
      AddParams(spec, inputs, attributes);
    }
    return graph_.Node(spec.onnx.op, inputs, output, attributes);
  }

  // Clip has its bounds as inputs, every other operator its parameters as attributes.
  void AddParams(const Spec& spec, std::vector<std::string>& inputs,
                 std::vector<WireWriter>& attributes) {
    for (size_t i = 0; i < spec.param_count; ++i) {
      const activation::ParamSpec& param = spec.params[i];
      if (!param.is_in_onnx) continue;
      const std::string_view name = param.NameInOnnx();
      if (spec.onnx.op == "Clip") {
        inputs.push_back(Constant(name, layer_.params[i]));
      } else {
        attributes.push_back(onnx::RealAttribute(name, layer_.params[i]));
      }
    }
  }

  // An input of one of the nodes that the table writes the activation as.
  std::string InputOf(std::string_view input, const std::string& z) {
    const Spec& spec = *layer_.activation;
    if (input == "x") return z;
    if (input == "zero") return Constant(input, 0);
    if (input == "half") return Constant(input, 0.5f);
    if (input == "one") return Constant(input, 1);
    for (size_t i = 0; i < spec.param_count; ++i) {
      if (input == spec.params[i].name) return Constant(input, layer_.params[i]);
    }
    return Name(input);
  }

  absl::StatusOr<std::string> Decomposed(const std::string& z, const std::string& output) {
    const auto nodes = layer_.activation->onnx_nodes();
    for (const activation::OnnxNode& node : nodes) {
      std::vector<std::string> inputs;
      for (const std::string_view input : node.inputs) {
        if (!input.empty()) inputs.push_back(InputOf(input, z));
      }
      std::vector<WireWriter> attributes;
      if (node.op == "Cast") {
        attributes.push_back(IntegerAttribute("to", static_cast<int64_t>(DataType::kFloat)));
      }
      graph_.Node(node.op, inputs, &node == &nodes.back() ? output : Name(node.name), attributes);
    }
    if (!nodes.empty()) return output;
    return absl::UnimplementedError(fmt::format("layer '{}': activation '{}' has no form in ONNX",
                                                layer_.name, layer_.activation->name));
  }

  GraphWriter& graph_;
  const model::Layer& layer_;
  std::set<std::string, std::less<>> constants_;  // written already
};

std::string WriteNormalization(GraphWriter& graph, const model::Mlp& mlp) {
  if (mlp.offset.empty()) return mlp.inputs.front().name;
  const std::vector<int64_t> shape{Signed(mlp.input_width())};
  const std::string centred =
      graph.Node("Sub", {mlp.inputs.front().name, graph.Floats("normalization.offset", shape, mlp.offset)},
                 "normalization.centred");
  return graph.Node("Mul", {centred, graph.Floats("normalization.scale", shape, mlp.scale)},
                    "normalization.scaled");
}

// Writes the labels of an output; names in the graph begin with `prefix`.
class LabelWriter {
 public:
  LabelWriter(GraphWriter& graph, const model::Output& output, size_t width,
              std::string_view prefix)
      : graph_(graph), output_(output), width_(width), prefix_(prefix) {}

  void Write(const std::string& name) {
    if (output_.multilabel) {
      AtOrAboveThreshold(name);
      graph_.Output(name, DataType::kInt64, width_);
      return;
    }
    const std::string classes = graph_.Strings(Name("classes"), output_.class_labels);
    graph_.Node("Gather", {classes, Index()}, name);
    graph_.Output(name, DataType::kString, 0);
  }

 private:
  std::string Name(std::string_view part) const { return fmt::format("{}.{}", prefix_, part); }

  // 1 for each value at or above the threshold, else 0. Binarizer asks for "above", hence the float
  // below the threshold.
  std::string AtOrAboveThreshold(std::string name) {
    const float below = std::nextafter(output_.threshold, -std::numeric_limits<float>::infinity());
    const std::string above = graph_.Node("Binarizer", {output_.name}, Name("above"),
                                          {onnx::RealAttribute("threshold", below)}, "ai.onnx.ml");
    const auto to = static_cast<int64_t>(DataType::kInt64);
    return graph_.Node("Cast", {above}, std::move(name), {IntegerAttribute("to", to)});
  }

  // The index of the class in each row: of the largest column, or whether the only one is at or
  // above the threshold.
  std::string Index() {
    if (width_ > 1) {
      return graph_.Node("ArgMax", {output_.name}, Name("index"),
                         {IntegerAttribute("axis", 1), IntegerAttribute("keepdims", 0)});
    }
    const std::string column = AtOrAboveThreshold(Name("column"));
    const int64_t flat = -1;
    return graph_.Node("Reshape", {column, graph_.Integers(Name("shape"), {&flat, 1})},
                       Name("index"));
  }

  GraphWriter& graph_;
  const model::Output& output_;
  size_t width_;
  std::string prefix_;
};

// A layer's value has the name of the first output that it is, if it is one.
std::string ValueName(const model::Mlp& mlp, size_t layer) {
  const auto output =
      std::ranges::find(mlp.outputs, model::OutputOf(layer), &model::Output::source);
  return output == mlp.outputs.end() ? fmt::format("{}.y", mlp.layers[layer].name) : output->name;
}

void WriteOutputs(GraphWriter& graph, const model::Mlp& mlp) {
  for (const model::Output& output : mlp.outputs) {
    const std::string value = ValueName(mlp, model::LayerOf(output.source));
    if (value != output.name) graph.Node("Identity", {value}, output.name);
    graph.Output(output.name, DataType::kFloat, mlp.width(output));
  }
  for (const model::Output& output : mlp.outputs) {
    if (!output.has_labels()) continue;
    const std::string name = mlp.LabelName(output);
    LabelWriter(graph, output, mlp.width(output), name + "s").Write(name);
  }
}

}  // namespace

absl::StatusOr<std::string> ExportOnnx(const model::Mlp& mlp) {
  GraphWriter graph;
  graph.Input(mlp.inputs.front().name, mlp.input_width());
  model::ValueMap<std::string> names(mlp.layers.size());
  names[model::ValueId::kInput] = WriteNormalization(graph, mlp);
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const std::string& input = names[mlp.layers[i].source];
    HILLOCK_ASSIGN_OR_RETURN(names[model::OutputOf(i)],
                             LayerWriter(graph, mlp.layers[i]).Write(input, ValueName(mlp, i)));
  }
  WriteOutputs(graph, mlp);
  std::string content = graph.Finish();
  if (content.size() <= kMaxBytes) return content;
  return absl::ResourceExhaustedError(
      fmt::format("{} bytes, want at most {}", content.size(), kMaxBytes));
}

}  // namespace hillock::onnx
