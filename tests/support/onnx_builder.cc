// SPDX-License-Identifier: Apache-2.0
#include "tests/support/onnx_builder.h"

#include <fmt/format.h>

#include <utility>

#include "server/core/onnx/reading/fields.h"

namespace hillock::testing {
namespace {

using namespace onnx;  // NOLINT: the field numbers

template <class T>
std::string_view View(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

OnnxAttribute Named(std::string_view name) {
  OnnxAttribute attribute;
  attribute.Bytes(attribute_field::kName, name);
  return attribute;
}

WireWriter TensorHead(std::string_view name, DataType type, const std::vector<int64_t>& shape) {
  WireWriter tensor;
  for (const int64_t size : shape) tensor.Integer(tensor_field::kDims, size);
  tensor.Integer(tensor_field::kType, static_cast<int64_t>(type));
  tensor.Bytes(tensor_field::kName, name);
  return tensor;
}

}  // namespace

std::string Bytes(const std::vector<float>& values) { return std::string(View(values)); }

OnnxAttribute Real(std::string_view name, float value) {
  return Named(name).Real(attribute_field::kReal, value);
}

OnnxAttribute Reals(std::string_view name, const std::vector<float>& values) {
  return Named(name).Bytes(attribute_field::kReals, View(values));
}

OnnxAttribute Integer(std::string_view name, int64_t value) {
  return Named(name).Integer(attribute_field::kInteger, value);
}

OnnxAttribute Integers(std::string_view name, const std::vector<int64_t>& values) {
  OnnxAttribute attribute = Named(name);
  for (const int64_t value : values) attribute.Integer(attribute_field::kIntegers, value);
  return attribute;
}

OnnxAttribute Text(std::string_view name, std::string_view value) {
  return Named(name).Bytes(attribute_field::kText, value);
}

OnnxAttribute Texts(std::string_view name, const std::vector<std::string>& values) {
  OnnxAttribute attribute = Named(name);
  for (const std::string& value : values) attribute.Bytes(attribute_field::kTexts, value);
  return attribute;
}

OnnxAttribute TensorOf(std::string_view name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values) {
  WireWriter tensor = TensorHead("", DataType::kFloat, shape);
  tensor.Bytes(tensor_field::kRaw, View(values));
  return Named(name).Message(attribute_field::kTensor, tensor);
}

OnnxAttribute Reference(std::string_view name, std::string_view of_caller) {
  return Named(name).Bytes(attribute_field::kReference, of_caller);
}

OnnxAttribute Branch(std::string_view name, const OnnxBuilder& graph) {
  return Named(name).Message(attribute_field::kGraph, graph.Graph());
}

OnnxBuilder& OnnxBuilder::Info(uint32_t field, std::string_view name,
                               const std::vector<int64_t>& shape, DataType type) {
  WireWriter sizes;
  for (const int64_t size : shape) {
    WireWriter dim;
    if (size < 0) {
      dim.Bytes(dim_field::kParam, "rows");
    } else {
      dim.Integer(dim_field::kValue, size);
    }
    sizes.Message(shape_field::kDim, dim);
  }
  WireWriter tensor;
  tensor.Integer(tensor_type_field::kElement, static_cast<int64_t>(type));
  if (!shape.empty()) tensor.Message(tensor_type_field::kShape, sizes);
  WireWriter value_type;
  value_type.Message(type_field::kTensor, tensor);
  WireWriter info;
  info.Bytes(value_field::kName, name).Message(value_field::kType, value_type);
  graph_.Message(field, info);
  return *this;
}

OnnxBuilder& OnnxBuilder::Input(std::string_view name, const std::vector<int64_t>& shape,
                                DataType type) {
  return Info(graph_field::kInput, name, shape, type);
}

OnnxBuilder& OnnxBuilder::Output(std::string_view name, DataType type,
                                 const std::vector<int64_t>& shape) {
  return Info(graph_field::kOutput, name, shape, type);
}

OnnxBuilder& OnnxBuilder::Initializer(const WireWriter& tensor) {
  graph_.Message(graph_field::kInitializer, tensor);
  return *this;
}

OnnxBuilder& OnnxBuilder::Raw(std::string_view name, DataType type,
                              const std::vector<int64_t>& shape, std::string_view bytes) {
  return Initializer(TensorHead(name, type, shape).Bytes(tensor_field::kRaw, bytes));
}

OnnxBuilder& OnnxBuilder::Floats(std::string_view name, const std::vector<int64_t>& shape,
                                 const std::vector<float>& values) {
  return Raw(name, DataType::kFloat, shape, View(values));
}

OnnxBuilder& OnnxBuilder::Int64s(std::string_view name, const std::vector<int64_t>& shape,
                                 const std::vector<int64_t>& values) {
  return Raw(name, DataType::kInt64, shape, View(values));
}

OnnxBuilder& OnnxBuilder::Strings(std::string_view name, const std::vector<std::string>& values) {
  WireWriter tensor = TensorHead(name, DataType::kString, {static_cast<int64_t>(values.size())});
  for (const std::string& value : values) tensor.Bytes(tensor_field::kStrings, value);
  return Initializer(tensor);
}

OnnxBuilder& OnnxBuilder::External(
    std::string_view name, const std::vector<int64_t>& shape,
    const std::vector<std::pair<std::string, std::string>>& entries) {
  WireWriter tensor = TensorHead(name, DataType::kFloat, shape);
  for (const auto& [key, value] : entries) {
    WireWriter entry;
    entry.Bytes(entry_field::kKey, key).Bytes(entry_field::kValue, value);
    tensor.Message(tensor_field::kExternal, entry);
  }
  return Initializer(tensor.Integer(tensor_field::kLocation, 1));
}

OnnxBuilder& OnnxBuilder::Node(std::string_view op, const std::vector<std::string>& inputs,
                               std::string_view output,
                               const std::vector<OnnxAttribute>& attributes,
                               std::string_view domain) {
  return NodeWithOutputs(op, inputs, {std::string(output)}, attributes, domain);
}

OnnxBuilder& OnnxBuilder::NodeWithOutputs(std::string_view op,
                                          const std::vector<std::string>& inputs,
                                          const std::vector<std::string>& outputs,
                                          const std::vector<OnnxAttribute>& attributes,
                                          std::string_view domain) {
  WireWriter node;
  for (const std::string& input : inputs) node.Bytes(node_field::kInput, input);
  for (const std::string& output : outputs) node.Bytes(node_field::kOutput, output);
  node.Bytes(node_field::kName, fmt::format("n{}", nodes_.size())).Bytes(node_field::kOp, op);
  for (const OnnxAttribute& attribute : attributes) {
    node.Message(node_field::kAttribute, attribute);
  }
  node.Bytes(node_field::kDomain, domain);
  nodes_.push_back(std::move(node));
  return *this;
}

OnnxBuilder& OnnxBuilder::Function(std::string_view domain, std::string_view name,
                                   const std::vector<std::string>& inputs,
                                   const std::vector<std::string>& outputs,
                                   const OnnxBuilder& body) {
  WireWriter function;
  function.Bytes(function_field::kName, name);
  for (const std::string& input : inputs) function.Bytes(function_field::kInput, input);
  for (const std::string& output : outputs) function.Bytes(function_field::kOutput, output);
  for (const WireWriter& node : body.nodes_) function.Message(function_field::kNode, node);
  function.Bytes(function_field::kDomain, domain);
  functions_.Message(model_field::kFunction, function);
  return *this;
}

WireWriter OnnxBuilder::Graph() const {
  WireWriter graph = graph_;
  for (const WireWriter& node : nodes_) graph.Message(graph_field::kNode, node);
  return graph;
}

std::string OnnxBuilder::Build() const {
  WireWriter opset;
  opset.Bytes(opset_field::kDomain, "").Integer(opset_field::kVersion, opset_);
  WireWriter file;
  file.Integer(model_field::kIrVersion, 8)
      .Bytes(model_field::kProducer, "a test")
      .Message(model_field::kGraph, Graph())
      .Message(model_field::kOpset, opset);
  return file.bytes() + functions_.bytes();
}

}  // namespace hillock::testing
