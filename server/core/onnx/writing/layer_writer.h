// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_WRITING_LAYER_WRITER_H_
#define HILLOCK_SERVER_CORE_ONNX_WRITING_LAYER_WRITER_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/onnx/writing/graph_writer.h"

namespace hillock::onnx {

// Writes one layer: Gemm or the nodes of a row operation, then those of the activation. Every value
// is [rows, width] in FP32. Names in the graph begin with the layer's. Not thread-safe.
class LayerWriter {
 public:
  // A value that the layer reads.
  struct Source {
    std::string name;
    size_t width;
  };

  // `row_count` is the INT64 tensor {rows, 1}, for a Constant, which has no source with the rows.
  LayerWriter(GraphWriter& graph, const model::Layer& layer, std::string row_count)
      : graph_(graph), layer_(layer), row_count_(std::move(row_count)) {}

  // Returns the name of what comes out: `output`. UNIMPLEMENTED for a function or an activation
  // that has no form in ONNX.
  absl::StatusOr<std::string> Write(const std::vector<Source>& sources, const std::string& output);

 private:
  absl::StatusOr<std::string> WriteBody(const std::vector<Source>& sources, std::string output);
  std::string WriteDense(const std::string& input, std::string output);
  absl::StatusOr<std::string> WriteActivation(const std::string& z, const std::string& output);
  std::string WriteOperator(const std::string& z, const std::string& output, int64_t axis);
  absl::StatusOr<std::string> WriteDecomposed(const std::string& z, const std::string& output);
  void AddParams(std::vector<std::string>& inputs, std::vector<WireWriter>& attributes);
  std::string InputOf(std::string_view input, const std::string& z);

  std::string Name(std::string_view part) const;
  bool HasOperator() const;
  std::string Scalar(std::string_view part, float value);

  GraphWriter& graph_;
  const model::Layer& layer_;
  std::set<std::string, std::less<>> scalars_;  // written already
  const std::string row_count_;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_WRITING_LAYER_WRITER_H_
