// SPDX-License-Identifier: Apache-2.0

// The messages of an ONNX file as views into its bytes: names, nodes, attributes and where the
// numbers lie. Nothing is interpreted here. Field numbers: onnx/onnx.proto of the ONNX project.

#ifndef HILLOCK_SERVER_CORE_ONNX_READING_MESSAGES_H_
#define HILLOCK_SERVER_CORE_ONNX_READING_MESSAGES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"

namespace hillock::onnx {

// What a file may hold. Far above any multi-layer perceptron, and little enough that the lists made
// of it stay small.
inline constexpr size_t kMaxNodes = 10'000;
inline constexpr size_t kMaxInitializers = 10'000;
inline constexpr size_t kMaxInputs = 10'000;  // of a graph: old files list the initializers there
inline constexpr size_t kMaxEdges = 1'000;    // inputs, outputs or attributes of a node
inline constexpr size_t kMaxRank = 8;
inline constexpr size_t kMaxFunctions = 1'000;

// TensorProto.DataType.
enum class DataType {
  kUndefined = 0,
  kFloat = 1,
  kUint8 = 2,
  kInt8 = 3,
  kUint16 = 4,
  kInt16 = 5,
  kInt32 = 6,
  kInt64 = 7,
  kString = 8,
  kBool = 9,
  kFloat16 = 10,
  kDouble = 11,
  kUint32 = 12,
  kUint64 = 13,
  kBfloat16 = 16,
  kUint4 = 21,
  kInt4 = 22,
};

// A tensor whose elements are still in the file. At most one of raw, the typed fields and the
// external place holds them.
struct TensorView {
  std::string_view name;
  DataType type = DataType::kUndefined;
  std::vector<int64_t> shape;
  std::string_view raw;
  std::string_view message;  // the whole, for the fields of one type (TypedData)
  bool external = false;
  std::string_view location;  // of external data
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

// A named argument of a node. Lists are decoded when asked for.
struct AttributeView {
  std::string_view name;
  std::string_view message;
  std::optional<float> real;
  std::optional<int64_t> integer;
  std::optional<std::string_view> text;
  std::optional<std::string_view> tensor;  // a TensorProto
  std::optional<std::string_view> graph;   // a GraphProto
  std::string_view reference;  // in a function's body: the attribute of the node that calls it

  absl::StatusOr<std::vector<int64_t>> Integers() const;
  absl::StatusOr<std::vector<float>> Reals() const;
  absl::StatusOr<std::vector<std::string_view>> Texts() const;
};

struct NodeView {
  std::string_view name;
  std::string_view op;
  std::string_view domain;
  std::vector<std::string_view> inputs;  // "" for an optional one left out
  std::vector<std::string_view> outputs;
  std::vector<AttributeView> attributes;

  // Null when it is not given.
  const AttributeView* Find(std::string_view attribute) const;
  int64_t Integer(std::string_view attribute, int64_t otherwise) const;
  float Real(std::string_view attribute, float otherwise) const;
  std::string_view Text(std::string_view attribute, std::string_view otherwise) const;
  // "" when there are fewer inputs.
  std::string_view input(size_t index) const {
    return index < inputs.size() ? inputs[index] : std::string_view();
  }
};

// An input or output of the graph. A size of -1 is one that the file leaves open.
struct ValueInfoView {
  std::string_view name;
  DataType type = DataType::kUndefined;
  std::optional<std::vector<int64_t>> shape;
};

struct GraphView {
  std::vector<std::string_view> nodes;  // a NodeProto each
  std::vector<TensorView> initializers;
  std::vector<ValueInfoView> inputs;
  std::vector<ValueInfoView> outputs;
  bool sparse_initializers = false;
};

// An operator that the file defines itself, by nodes.
struct FunctionView {
  std::string_view domain;
  std::string_view name;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::vector<std::string_view> nodes;  // a NodeProto each
  std::vector<AttributeView> defaults;  // of its attributes
  std::optional<int64_t> opset;         // of the standard domain
};

struct ModelView {
  std::string_view producer;
  std::string_view producer_version;
  int64_t opset = 1;  // of the standard domain
  GraphView graph;
  std::vector<FunctionView> functions;
};

// The views point into `content`, which must outlive them. Errors: DATA_LOSS for what is not a
// ModelProto, RESOURCE_EXHAUSTED above the limits.
absl::StatusOr<ModelView> ParseModel(std::string_view content);
absl::StatusOr<NodeView> ParseNode(std::string_view message);
absl::StatusOr<GraphView> ParseGraph(std::string_view message);
absl::StatusOr<TensorView> ParseTensor(std::string_view message);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_READING_MESSAGES_H_
