// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_WRITING_GRAPH_WRITER_H_
#define HILLOCK_SERVER_CORE_ONNX_WRITING_GRAPH_WRITER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/model/datatype.h"
#include "server/core/model/interface.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/reading/wire.h"

namespace hillock::onnx {

// Attributes of a node.
WireWriter RealAttribute(std::string_view name, float value);
WireWriter IntegerAttribute(std::string_view name, int64_t value);
WireWriter TextAttribute(std::string_view name, std::string_view value);
WireWriter TextsAttribute(std::string_view name, std::span<const std::string> values);

DataType TypeOf(model::Datatype datatype);

// Writes the graph of an ONNX file. Nodes are written in the order in which they are added, which
// must be one in which they can be computed. Not thread-safe.
class GraphWriter {
 public:
  static constexpr int64_t kIrVersion = 9;
  static constexpr int64_t kOpset = 20;
  static constexpr int64_t kMlOpset = 1;

  // An input or output of the graph. The axis of rows is left open.
  void Input(std::string_view name, DataType type, const model::TensorShape& shape);
  void Output(std::string_view name, DataType type, const model::TensorShape& shape);

  // Constants; these return `name`.
  std::string Floats(std::string name, const std::vector<int64_t>& shape,
                     std::span<const float> values);
  std::string Integers(std::string name, std::span<const int64_t> values);
  std::string Strings(std::string name, const std::vector<int64_t>& shape,
                      std::span<const std::string> values);

  // A node, called as its first output.
  void Node(std::string_view op, const std::vector<std::string>& inputs,
            const std::vector<std::string>& outputs, const std::vector<WireWriter>& attributes = {},
            std::string_view domain = "");

  // One with a single output; returns that.
  std::string Node(std::string_view op, const std::vector<std::string>& inputs, std::string output,
                   const std::vector<WireWriter>& attributes = {}, std::string_view domain = "");

  // Nodes that are often wanted, the constants that they read included.
  std::string Cast(const std::string& input, DataType to, std::string output);
  std::string Reshape(const std::string& input, const std::vector<int64_t>& shape,
                      std::string output);

  // The whole file.
  std::string Finish() const;

 private:
  void Info(uint32_t field, std::string_view name, DataType type, const model::TensorShape& shape);

  WireWriter graph_;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_WRITING_GRAPH_WRITER_H_
