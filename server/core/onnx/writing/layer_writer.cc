// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/writing/layer_writer.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "server/core/onnx/writing/operation_writer.h"

namespace hillock::onnx {
namespace {

using activation::Scope;
using activation::Spec;

int64_t Signed(size_t size) { return static_cast<int64_t>(size); }

}  // namespace

std::string LayerWriter::Name(std::string_view part) const {
  return fmt::format("{}.{}", layer_.name, part);
}

std::string LayerWriter::Scalar(std::string_view part, float value) {
  if (!scalars_.emplace(part).second) return Name(part);
  return graph_.Floats(Name(part), {}, {&value, 1});
}

absl::StatusOr<std::string> LayerWriter::Write(const std::vector<Source>& sources,
                                               const std::string& output) {
  const bool is_identity = layer_.activation->name == "identity";
  HILLOCK_ASSIGN_OR_RETURN(const std::string z,
                           WriteBody(sources, is_identity ? output : Name("z")));
  return is_identity ? z : WriteActivation(z, output);
}

absl::StatusOr<std::string> LayerWriter::WriteBody(const std::vector<Source>& sources,
                                                   std::string output) {
  if (layer_.is_dense()) return WriteDense(sources.front().name, std::move(output));
  return WriteOperation(graph_, layer_, sources, row_count_, output);
}

std::string LayerWriter::WriteDense(const std::string& input, std::string output) {
  const std::string weights = graph_.Floats(
      Name("weight"), {Signed(layer_.outputs), Signed(layer_.inputs)}, layer_.weights);
  const std::string bias = graph_.Floats(Name("bias"), {Signed(layer_.outputs)}, layer_.bias);
  return graph_.Node("Gemm", {input, weights, bias}, std::move(output),
                     {IntegerAttribute("transB", 1)});
}

bool LayerWriter::HasOperator() const {
  const Spec& spec = *layer_.activation;
  if (spec.onnx.op.empty() || spec.onnx.since > GraphWriter::kOpset) return false;
  for (size_t i = 0; i < spec.param_count; ++i) {
    const activation::ParamSpec& param = spec.params[i];
    if (!param.is_in_onnx && layer_.params[i] != param.default_value) return false;
  }
  return true;
}

absl::StatusOr<std::string> LayerWriter::WriteActivation(const std::string& z,
                                                         const std::string& output) {
  const Spec& spec = *layer_.activation;
  if (!HasOperator()) return WriteDecomposed(z, output);
  if (layer_.group == 0 || spec.scope != Scope::kRow) return WriteOperator(z, output, 1);
  const int64_t groups = Signed(layer_.outputs / layer_.group);
  const std::string cut = graph_.Reshape(z, {-1, groups, Signed(layer_.group)}, Name("groups"));
  const std::string result = WriteOperator(cut, Name("of_groups"), 2);
  return graph_.Reshape(result, {-1, Signed(layer_.outputs)}, output);
}

std::string LayerWriter::WriteOperator(const std::string& z, const std::string& output,
                                       int64_t axis) {
  const Spec& spec = *layer_.activation;
  std::vector<std::string> inputs{z};
  std::vector<WireWriter> attributes;
  if (!spec.onnx.attribute.empty()) {
    attributes.push_back(TextAttribute(spec.onnx.attribute, spec.onnx.value));
  }
  if (spec.scope == Scope::kPerUnit) {
    inputs.push_back(graph_.Floats(Name("slope"), {Signed(layer_.outputs)}, layer_.slopes));
  } else if (spec.scope == Scope::kRow) {
    attributes.push_back(IntegerAttribute("axis", axis));
  } else {
    AddParams(inputs, attributes);
  }
  return graph_.Node(spec.onnx.op, inputs, output, attributes);
}

// Clip has its bounds as inputs, every other operator its parameters as attributes.
void LayerWriter::AddParams(std::vector<std::string>& inputs, std::vector<WireWriter>& attributes) {
  const Spec& spec = *layer_.activation;
  for (size_t i = 0; i < spec.param_count; ++i) {
    if (!spec.params[i].is_in_onnx) continue;
    const std::string_view name = spec.params[i].NameInOnnx();
    if (spec.onnx.op == "Clip") {
      inputs.push_back(Scalar(name, layer_.params[i]));
    } else {
      attributes.push_back(RealAttribute(name, layer_.params[i]));
    }
  }
}

// An input of one of the nodes that the table writes the activation as.
std::string LayerWriter::InputOf(std::string_view input, const std::string& z) {
  const Spec& spec = *layer_.activation;
  if (input == "x") return z;
  if (input == "zero") return Scalar(input, 0);
  if (input == "half") return Scalar(input, 0.5f);
  if (input == "one") return Scalar(input, 1);
  for (size_t i = 0; i < spec.param_count; ++i) {
    if (input == spec.params[i].name) return Scalar(input, layer_.params[i]);
  }
  return Name(input);
}

absl::StatusOr<std::string> LayerWriter::WriteDecomposed(const std::string& z,
                                                         const std::string& output) {
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

}  // namespace hillock::onnx
