// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/reading/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>

#include "server/core/onnx/reading/fields.h"
#include "server/core/onnx/reading/wire.h"

namespace hillock::onnx {
namespace {

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(fmt::format("{} is cut short or no ONNX message", what));
}

absl::Status TooMany(std::string_view what, size_t most) {
  return absl::ResourceExhaustedError(fmt::format("has more than {} {}", most, what));
}

// Calls take(field), which returns a Status, for every field of a message.
template <class Take>
absl::Status EachField(std::string_view what, std::string_view message, const Take& take) {
  WireReader reader(message);
  WireField field;
  while (reader.Next(field)) HILLOCK_RETURN_IF_ERROR(take(field));
  return reader.ok() ? absl::OkStatus() : Damaged(what);
}

// The numbers of a repeated field, packed or not.
absl::Status AppendIntegers(const WireField& field, size_t most, std::vector<int64_t>& to) {
  if (field.type == WireType::kVarint) {
    to.push_back(field.integer());
  } else {
    std::string_view rest = field.bytes;
    uint64_t value = 0;
    while (!rest.empty() && to.size() <= most) {
      if (!TakeVarint(rest, value)) return Damaged("a list of integers");
      to.push_back(static_cast<int64_t>(value));
    }
  }
  return to.size() <= most ? absl::OkStatus() : TooMany("integers in a list", most);
}

absl::Status AppendReals(const WireField& field, std::vector<float>& to) {
  if (field.type == WireType::kFixed32) {
    to.push_back(field.real());
    return absl::OkStatus();
  }
  const size_t count = field.bytes.size() / sizeof(float);
  if (count * sizeof(float) != field.bytes.size()) return Damaged("a list of floats");
  const size_t before = to.size();
  to.resize(before + count);
  if (count > 0) std::memcpy(to.data() + before, field.bytes.data(), field.bytes.size());
  return absl::OkStatus();
}

template <class T>
absl::Status Append(std::string_view what, size_t most, T item, std::vector<T>& to) {
  if (to.size() >= most) return TooMany(what, most);
  to.push_back(std::move(item));
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ParseCount(std::string_view what, std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return value;
  return absl::InvalidArgumentError(
      fmt::format("external data: got {} '{}', want a number of bytes", what, Excerpt(text)));
}

absl::Status ParseExternal(std::string_view message, TensorView& tensor) {
  std::string_view key;
  std::string_view value;
  HILLOCK_RETURN_IF_ERROR(EachField("external data", message, [&](const WireField& field) {
    if (field.number == entry_field::kKey) key = field.bytes;
    if (field.number == entry_field::kValue) value = field.bytes;
    return absl::OkStatus();
  }));
  if (key == "location") tensor.location = value;
  if (key == "offset") {
    HILLOCK_ASSIGN_OR_RETURN(tensor.offset, ParseCount(key, value));
  }
  if (key == "length") {
    HILLOCK_ASSIGN_OR_RETURN(tensor.length, ParseCount(key, value));
  }
  return absl::OkStatus();
}

absl::Status TakeTensorField(const WireField& field, TensorView& tensor) {
  switch (field.number) {
    case tensor_field::kName:
      tensor.name = field.bytes;
      break;
    case tensor_field::kType:
      tensor.type = static_cast<DataType>(field.value);
      break;
    case tensor_field::kDims:
      return AppendIntegers(field, kMaxRank, tensor.shape);
    case tensor_field::kRaw:
      tensor.raw = field.bytes;
      break;
    case tensor_field::kExternal:
      return ParseExternal(field.bytes, tensor);
    case tensor_field::kLocation:
      tensor.external = field.value != 0;
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

absl::StatusOr<AttributeView> ParseAttribute(std::string_view message) {
  AttributeView attribute;
  attribute.message = message;
  HILLOCK_RETURN_IF_ERROR(EachField("an attribute", message, [&](const WireField& field) {
    if (field.number == attribute_field::kName) attribute.name = field.bytes;
    if (field.number == attribute_field::kReal) attribute.real = field.real();
    if (field.number == attribute_field::kInteger) attribute.integer = field.integer();
    if (field.number == attribute_field::kText) attribute.text = field.bytes;
    if (field.number == attribute_field::kTensor) attribute.tensor = field.bytes;
    if (field.number == attribute_field::kGraph) attribute.graph = field.bytes;
    if (field.number == attribute_field::kReference) attribute.reference = field.bytes;
    return absl::OkStatus();
  }));
  return attribute;
}

absl::Status ParseDim(std::string_view message, std::vector<int64_t>& shape) {
  int64_t size = -1;
  HILLOCK_RETURN_IF_ERROR(EachField("a dimension", message, [&](const WireField& field) {
    if (field.number == dim_field::kValue) size = field.integer();
    return absl::OkStatus();
  }));
  return Append("dimensions", kMaxRank, size, shape);
}

absl::Status ParseTensorType(std::string_view message, ValueInfoView& info) {
  return EachField("a type", message, [&](const WireField& field) {
    if (field.number == tensor_type_field::kElement) {
      info.type = static_cast<DataType>(field.value);
    }
    if (field.number != tensor_type_field::kShape) return absl::OkStatus();
    info.shape.emplace();
    return EachField("a shape", field.bytes, [&](const WireField& dim) {
      return dim.number == shape_field::kDim ? ParseDim(dim.bytes, *info.shape) : absl::OkStatus();
    });
  });
}

absl::StatusOr<ValueInfoView> ParseValueInfo(std::string_view message) {
  ValueInfoView info;
  HILLOCK_RETURN_IF_ERROR(EachField("an input or output", message, [&](const WireField& field) {
    if (field.number == value_field::kName) info.name = field.bytes;
    if (field.number != value_field::kType) return absl::OkStatus();
    return EachField("a type", field.bytes, [&](const WireField& type) {
      return type.number == type_field::kTensor ? ParseTensorType(type.bytes, info)
                                                : absl::OkStatus();
    });
  }));
  return info;
}

absl::Status TakeGraphField(const WireField& field, GraphView& graph) {
  switch (field.number) {
    case graph_field::kNode:
      return Append("nodes", kMaxNodes, field.bytes, graph.nodes);
    case graph_field::kInitializer: {
      HILLOCK_ASSIGN_OR_RETURN(TensorView tensor, ParseTensor(field.bytes));
      return Append("initializers", kMaxInitializers, std::move(tensor), graph.initializers);
    }
    case graph_field::kInput: {
      HILLOCK_ASSIGN_OR_RETURN(ValueInfoView info, ParseValueInfo(field.bytes));
      return Append("inputs", kMaxInputs, std::move(info), graph.inputs);
    }
    case graph_field::kOutput: {
      HILLOCK_ASSIGN_OR_RETURN(ValueInfoView info, ParseValueInfo(field.bytes));
      return Append("outputs", kMaxEdges, std::move(info), graph.outputs);
    }
    case graph_field::kSparse:
      graph.sparse_initializers = true;
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

absl::Status ParseOpset(std::string_view message, int64_t& opset) {
  std::string_view domain;
  int64_t version = 1;
  HILLOCK_RETURN_IF_ERROR(EachField("an operator set", message, [&](const WireField& field) {
    if (field.number == opset_field::kDomain) domain = field.bytes;
    if (field.number == opset_field::kVersion) version = field.integer();
    return absl::OkStatus();
  }));
  if (domain.empty() || domain == "ai.onnx") opset = version;
  return absl::OkStatus();
}

absl::Status TakeFunctionField(const WireField& field, FunctionView& function) {
  switch (field.number) {
    case function_field::kName:
      function.name = field.bytes;
      break;
    case function_field::kDomain:
      function.domain = field.bytes;
      break;
    case function_field::kInput:
      return Append("inputs of a function", kMaxEdges, field.bytes, function.inputs);
    case function_field::kOutput:
      return Append("outputs of a function", kMaxEdges, field.bytes, function.outputs);
    case function_field::kNode:
      return Append("nodes", kMaxNodes, field.bytes, function.nodes);
    case function_field::kDefault: {
      HILLOCK_ASSIGN_OR_RETURN(const AttributeView attribute, ParseAttribute(field.bytes));
      return Append("attributes", kMaxEdges, attribute, function.defaults);
    }
    case function_field::kOpset: {
      int64_t opset = 0;
      HILLOCK_RETURN_IF_ERROR(ParseOpset(field.bytes, opset));
      if (opset > 0) function.opset = opset;
      break;
    }
    default:
      break;
  }
  return absl::OkStatus();
}

absl::StatusOr<FunctionView> ParseFunction(std::string_view message) {
  FunctionView function;
  HILLOCK_RETURN_IF_ERROR(EachField("a function", message, [&](const WireField& field) {
    return TakeFunctionField(field, function);
  }));
  return function;
}

absl::Status TakeModelField(const WireField& field, ModelView& model, bool& has_graph) {
  switch (field.number) {
    case model_field::kProducer:
      model.producer = field.bytes;
      break;
    case model_field::kProducerVersion:
      model.producer_version = field.bytes;
      break;
    case model_field::kOpset:
      return ParseOpset(field.bytes, model.opset);
    case model_field::kGraph:
      if (field.type != WireType::kBytes || has_graph) return Damaged("the file");
      has_graph = true;
      return EachField("the graph", field.bytes,
                       [&](const WireField& inner) { return TakeGraphField(inner, model.graph); });
    case model_field::kFunction: {
      HILLOCK_ASSIGN_OR_RETURN(FunctionView function, ParseFunction(field.bytes));
      return Append("functions", kMaxFunctions, std::move(function), model.functions);
    }
    default:
      break;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> AttributeView::Integers() const {
  std::vector<int64_t> integers;
  HILLOCK_RETURN_IF_ERROR(EachField("an attribute", message, [&](const WireField& field) {
    return field.number == attribute_field::kIntegers
               ? AppendIntegers(field, message.size(), integers)
               : absl::OkStatus();
  }));
  return integers;
}

absl::StatusOr<std::vector<float>> AttributeView::Reals() const {
  std::vector<float> reals;
  HILLOCK_RETURN_IF_ERROR(EachField("an attribute", message, [&](const WireField& field) {
    return field.number == attribute_field::kReals ? AppendReals(field, reals) : absl::OkStatus();
  }));
  return reals;
}

absl::StatusOr<std::vector<std::string_view>> AttributeView::Texts() const {
  std::vector<std::string_view> texts;
  HILLOCK_RETURN_IF_ERROR(EachField("an attribute", message, [&](const WireField& field) {
    if (field.number == attribute_field::kTexts) texts.push_back(field.bytes);
    return absl::OkStatus();
  }));
  return texts;
}

const AttributeView* NodeView::Find(std::string_view attribute) const {
  const auto it = std::ranges::find(attributes, attribute, &AttributeView::name);
  return it == attributes.end() ? nullptr : &*it;
}

int64_t NodeView::Integer(std::string_view attribute, int64_t otherwise) const {
  const AttributeView* const found = Find(attribute);
  return found == nullptr ? otherwise : found->integer.value_or(0);
}

float NodeView::Real(std::string_view attribute, float otherwise) const {
  const AttributeView* const found = Find(attribute);
  return found == nullptr ? otherwise : found->real.value_or(0);
}

std::string_view NodeView::Text(std::string_view attribute, std::string_view otherwise) const {
  const AttributeView* const found = Find(attribute);
  return found == nullptr ? otherwise : found->text.value_or("");
}

absl::StatusOr<TensorView> ParseTensor(std::string_view message) {
  TensorView tensor;
  tensor.message = message;
  HILLOCK_RETURN_IF_ERROR(EachField(
      "a tensor", message, [&](const WireField& field) { return TakeTensorField(field, tensor); }));
  return tensor;
}

absl::StatusOr<NodeView> ParseNode(std::string_view message) {
  NodeView node;
  HILLOCK_RETURN_IF_ERROR(EachField("a node", message, [&](const WireField& field) -> absl::Status {
    if (field.number == node_field::kName) node.name = field.bytes;
    if (field.number == node_field::kOp) node.op = field.bytes;
    if (field.number == node_field::kDomain) node.domain = field.bytes;
    if (field.number == node_field::kInput) {
      return Append("inputs of a node", kMaxEdges, field.bytes, node.inputs);
    }
    if (field.number == node_field::kOutput) {
      return Append("outputs of a node", kMaxEdges, field.bytes, node.outputs);
    }
    if (field.number != node_field::kAttribute) return absl::OkStatus();
    HILLOCK_ASSIGN_OR_RETURN(const AttributeView attribute, ParseAttribute(field.bytes));
    return Append("attributes of a node", kMaxEdges, attribute, node.attributes);
  }));
  return node;
}

absl::StatusOr<GraphView> ParseGraph(std::string_view message) {
  GraphView graph;
  HILLOCK_RETURN_IF_ERROR(EachField(
      "a graph", message, [&](const WireField& field) { return TakeGraphField(field, graph); }));
  return graph;
}

absl::StatusOr<ModelView> ParseModel(std::string_view content) {
  ModelView model;
  bool has_graph = false;
  HILLOCK_RETURN_IF_ERROR(EachField("the file", content, [&](const WireField& field) {
    return TakeModelField(field, model, has_graph);
  }));
  if (!has_graph) return absl::DataLossError("holds no graph: truncated, or not an ONNX file");
  return model;
}

}  // namespace hillock::onnx
