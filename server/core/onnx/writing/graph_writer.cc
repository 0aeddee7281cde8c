// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/writing/graph_writer.h"

#include <fmt/format.h>

#include <array>

#include "server/core/onnx/reading/fields.h"

namespace hillock::onnx {
namespace {

constexpr std::string_view kProducer = "hillock";
constexpr std::string_view kMl = "ai.onnx.ml";

WireWriter Attribute(std::string_view name, int64_t type) {
  WireWriter attribute;
  return attribute.Bytes(attribute_field::kName, name).Integer(attribute_field::kType, type);
}

WireWriter TensorOf(std::string_view name, DataType type, const std::vector<int64_t>& shape) {
  WireWriter tensor;
  for (const int64_t size : shape) tensor.Integer(tensor_field::kDims, size);
  return tensor.Integer(tensor_field::kType, static_cast<int64_t>(type))
      .Bytes(tensor_field::kName, name);
}

template <class T>
std::string_view BytesOf(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

WireWriter Opset(std::string_view domain, int64_t version) {
  WireWriter opset;
  return opset.Bytes(opset_field::kDomain, domain).Integer(opset_field::kVersion, version);
}

}  // namespace

WireWriter RealAttribute(std::string_view name, float value) {
  return Attribute(name, attribute_field::kTypeReal).Real(attribute_field::kReal, value);
}

WireWriter IntegerAttribute(std::string_view name, int64_t value) {
  return Attribute(name, attribute_field::kTypeInteger).Integer(attribute_field::kInteger, value);
}

WireWriter TextAttribute(std::string_view name, std::string_view value) {
  return Attribute(name, attribute_field::kTypeText).Bytes(attribute_field::kText, value);
}

WireWriter TextsAttribute(std::string_view name, std::span<const std::string> values) {
  WireWriter attribute = Attribute(name, attribute_field::kTypeTexts);
  for (const std::string& value : values) attribute.Bytes(attribute_field::kTexts, value);
  return attribute;
}

DataType TypeOf(model::Datatype datatype) {
  constexpr std::array<DataType, model::kDatatypes.size()> kTypes = {
      DataType::kBool,   DataType::kUint8,   DataType::kUint16,   DataType::kUint32,
      DataType::kUint64, DataType::kInt8,    DataType::kInt16,    DataType::kInt32,
      DataType::kInt64,  DataType::kFloat16, DataType::kBfloat16, DataType::kFloat,
      DataType::kDouble, DataType::kString};
  return kTypes[static_cast<size_t>(datatype)];
}

void GraphWriter::Info(uint32_t field, std::string_view name, DataType type,
                       const model::TensorShape& sizes) {
  WireWriter shape;
  for (const int64_t size : sizes) {
    WireWriter axis;
    if (size >= 0) {
      axis.Integer(dim_field::kValue, size);
    } else {
      axis.Bytes(dim_field::kParam, size == -1 ? "rows" : fmt::format("{}*rows", -size));
    }
    shape.Message(shape_field::kDim, axis);
  }
  WireWriter tensor;
  tensor.Integer(tensor_type_field::kElement, static_cast<int64_t>(type));
  WireWriter value_type;
  value_type.Message(type_field::kTensor, tensor.Message(tensor_type_field::kShape, shape));
  WireWriter info;
  graph_.Message(field,
                 info.Bytes(value_field::kName, name).Message(value_field::kType, value_type));
}

void GraphWriter::Input(std::string_view name, DataType type, const model::TensorShape& shape) {
  Info(graph_field::kInput, name, type, shape);
}

void GraphWriter::Output(std::string_view name, DataType type, const model::TensorShape& shape) {
  Info(graph_field::kOutput, name, type, shape);
}

std::string GraphWriter::Floats(std::string name, const std::vector<int64_t>& shape,
                                std::span<const float> values) {
  graph_.Message(
      graph_field::kInitializer,
      TensorOf(name, DataType::kFloat, shape).Bytes(tensor_field::kRaw, BytesOf(values)));
  return name;
}

std::string GraphWriter::Integers(std::string name, std::span<const int64_t> values) {
  const std::vector<int64_t> shape{static_cast<int64_t>(values.size())};
  graph_.Message(
      graph_field::kInitializer,
      TensorOf(name, DataType::kInt64, shape).Bytes(tensor_field::kRaw, BytesOf(values)));
  return name;
}

std::string GraphWriter::Strings(std::string name, const std::vector<int64_t>& shape,
                                 std::span<const std::string> values) {
  WireWriter tensor = TensorOf(name, DataType::kString, shape);
  for (const std::string& value : values) tensor.Bytes(tensor_field::kStrings, value);
  graph_.Message(graph_field::kInitializer, tensor);
  return name;
}

void GraphWriter::Node(std::string_view op, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs,
                       const std::vector<WireWriter>& attributes, std::string_view domain) {
  WireWriter node;
  for (const std::string& input : inputs) node.Bytes(node_field::kInput, input);
  for (const std::string& output : outputs) node.Bytes(node_field::kOutput, output);
  node.Bytes(node_field::kName, outputs.front()).Bytes(node_field::kOp, op);
  for (const WireWriter& attribute : attributes) {
    node.Message(node_field::kAttribute, attribute);
  }
  if (!domain.empty()) node.Bytes(node_field::kDomain, domain);
  graph_.Message(graph_field::kNode, node);
}

std::string GraphWriter::Node(std::string_view op, const std::vector<std::string>& inputs,
                              std::string output, const std::vector<WireWriter>& attributes,
                              std::string_view domain) {
  Node(op, inputs, std::vector{output}, attributes, domain);
  return output;
}

std::string GraphWriter::Cast(const std::string& input, DataType to, std::string output) {
  return Node("Cast", {input}, std::move(output),
              {IntegerAttribute("to", static_cast<int64_t>(to))});
}

std::string GraphWriter::Reshape(const std::string& input, const std::vector<int64_t>& shape,
                                 std::string output) {
  const std::string sizes = Integers(output + ".shape", shape);
  return Node("Reshape", {input, sizes}, std::move(output));
}

std::string GraphWriter::Finish() const {
  WireWriter graph = graph_;
  graph.Bytes(graph_field::kName, kProducer);
  WireWriter file;
  file.Integer(model_field::kIrVersion, kIrVersion)
      .Bytes(model_field::kProducer, kProducer)
      .Message(model_field::kGraph, graph)
      .Message(model_field::kOpset, Opset("", kOpset))
      .Message(model_field::kOpset, Opset(kMl, kMlOpset));
  return file.bytes();
}

}  // namespace hillock::onnx
