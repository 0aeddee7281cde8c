// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_ONNX_BUILDER_H_
#define HILLOCK_TESTS_SUPPORT_ONNX_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/reading/wire.h"

namespace hillock::testing {

// An attribute of an ONNX node: Real("alpha", 0.5f), Integers("axes", {1}), ...
using OnnxAttribute = onnx::WireWriter;
OnnxAttribute Real(std::string_view name, float value);
OnnxAttribute Reals(std::string_view name, const std::vector<float>& values);
OnnxAttribute Integer(std::string_view name, int64_t value);
OnnxAttribute Integers(std::string_view name, const std::vector<int64_t>& values);
OnnxAttribute Text(std::string_view name, std::string_view value);
OnnxAttribute Texts(std::string_view name, const std::vector<std::string>& values);
OnnxAttribute TensorOf(std::string_view name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values);

// In a function's body: the attribute of the node that calls it.
OnnxAttribute Reference(std::string_view name, std::string_view of_caller);

class OnnxBuilder;
OnnxAttribute Branch(std::string_view name, const OnnxBuilder& graph);

// Writes small ONNX files:
//   OnnxBuilder().Input("x", {-1, 2}).Floats("w", {2, 3}, {...}).Node("MatMul", {"x", "w"}, "y")
//       .Output("y").Build()
// Nothing is checked: a file may be as wrong as a test wants it.
class OnnxBuilder {
 public:
  using DataType = onnx::DataType;

  explicit OnnxBuilder(int64_t opset = 17) : opset_(opset) {}

  // A size of -1 is left open. kUndefined stands for an input without a tensor type.
  OnnxBuilder& Input(std::string_view name, const std::vector<int64_t>& shape,
                     DataType type = DataType::kFloat);
  OnnxBuilder& Output(std::string_view name, DataType type = DataType::kFloat,
                      const std::vector<int64_t>& shape = {});

  // Initializers: floats or integers in raw data, anything else as the bytes of its raw data.
  OnnxBuilder& Floats(std::string_view name, const std::vector<int64_t>& shape,
                      const std::vector<float>& values);
  OnnxBuilder& Int64s(std::string_view name, const std::vector<int64_t>& shape,
                      const std::vector<int64_t>& values);
  OnnxBuilder& Strings(std::string_view name, const std::vector<std::string>& values);
  OnnxBuilder& Raw(std::string_view name, DataType type, const std::vector<int64_t>& shape,
                   std::string_view bytes);
  OnnxBuilder& External(std::string_view name, const std::vector<int64_t>& shape,
                        const std::vector<std::pair<std::string, std::string>>& entries);
  OnnxBuilder& Initializer(const onnx::WireWriter& tensor);

  OnnxBuilder& Node(std::string_view op, const std::vector<std::string>& inputs,
                    std::string_view output, const std::vector<OnnxAttribute>& attributes = {},
                    std::string_view domain = "");

  OnnxBuilder& NodeWithOutputs(std::string_view op, const std::vector<std::string>& inputs,
                               const std::vector<std::string>& outputs,
                               const std::vector<OnnxAttribute>& attributes = {},
                               std::string_view domain = "");

  // An operator of the domain that is made of the nodes of `body`.
  OnnxBuilder& Function(std::string_view domain, std::string_view name,
                        const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, const OnnxBuilder& body);

  // The graph alone, as nodes have one for an attribute.
  onnx::WireWriter Graph() const;

  // The file's bytes; nodes are named "n0", "n1", ... in their order.
  std::string Build() const;

 private:
  OnnxBuilder& Info(uint32_t field, std::string_view name, const std::vector<int64_t>& shape,
                    DataType type);

  int64_t opset_;
  std::vector<onnx::WireWriter> nodes_;
  onnx::WireWriter graph_;  // all but the nodes
  onnx::WireWriter functions_;
};

// The bytes of numbers, as they lie in raw data.
std::string Bytes(const std::vector<float>& values);

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_ONNX_BUILDER_H_
