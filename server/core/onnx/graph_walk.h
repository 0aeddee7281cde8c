// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_ONNX_GRAPH_WALK_H_
#define HILLOCK_SERVER_CORE_ONNX_GRAPH_WALK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/graph_inputs.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

// Visits the nodes of a graph in their order and computes the value of each: what is constant, and
// what depends on the rows. Functions of the file are visited where they are called, and the branch
// of an If that its condition takes. What cannot be computed becomes Unsupported, and so does
// whatever reads it; other errors end the walk.
// Not thread-safe.
class GraphWalk {
 public:
  // All must outlive this.
  GraphWalk(const ModelView& model, const ExternalFile& external, Budget& budget,
            const GraphInputs& inputs);

  // Errors name the node, its operator and why.
  absl::Status Run();

  // What it has computed.
  const Values& values() const { return values_; }
  RowGraph& graph() { return graph_; }

 private:
  // Where nodes stand: in the graph, in a branch, or in the body of a function.
  struct Scope {
    Values& values;
    int64_t opset;
    const NodeView* caller = nullptr;        // of the function
    const FunctionView* function = nullptr;  // null: not in one
    size_t depth = 0;
  };

  absl::Status VisitAll(std::span<const std::string_view> nodes, Scope& scope);
  absl::Status Visit(const NodeView& node, const std::string& place, Scope& scope);
  absl::StatusOr<std::vector<GraphValue>> Compute(const NodeView& node, Scope& scope);
  absl::StatusOr<std::vector<GraphValue>> Call(const FunctionView& function, const NodeView& node,
                                               Scope& scope);
  absl::StatusOr<std::vector<GraphValue>> TakeBranch(const NodeView& node, Scope& scope);
  const FunctionView* FindFunction(const NodeView& node) const;
  absl::Status Name(std::string_view name, GraphValue value, Values& values);
  absl::Status NameInitializers(const std::vector<TensorView>& tensors, Values& values);

  const ModelView& model_;
  const GraphInputs& inputs_;
  Budget& budget_;
  Values values_;
  RowGraph graph_;
  std::vector<std::unique_ptr<GraphView>> branches_;  // their tensors are values
  size_t visited_ = 0;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_GRAPH_WALK_H_
