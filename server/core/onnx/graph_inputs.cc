// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/graph_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "server/core/onnx/datatypes.h"

namespace hillock::onnx {
namespace {

constexpr size_t kMaxColumns = size_t{1} << 24;

std::vector<const ValueInfoView*> CallerInputs(const GraphView& graph) {
  std::set<std::string_view> constants;
  for (const TensorView& tensor : graph.initializers) constants.insert(tensor.name);
  std::vector<const ValueInfoView*> inputs;
  for (const ValueInfoView& input : graph.inputs) {
    if (!constants.contains(input.name)) inputs.push_back(&input);
  }
  return inputs;
}

// The values a row must have to be multiplied with the first weights of the graph, or -1.
absl::StatusOr<int64_t> WidthOfWeights(const GraphView& graph) {
  for (const std::string_view message : graph.nodes) {
    HILLOCK_ASSIGN_OR_RETURN(const NodeView node, ParseNode(message));
    if (node.op != "Gemm" && node.op != "MatMul") continue;
    const auto weights = std::ranges::find(graph.initializers, node.input(1), &TensorView::name);
    if (weights == graph.initializers.end() || weights->shape.size() != 2) return -1;
    return weights->shape[node.Integer("transB", 0) != 0 ? 1 : 0];
  }
  return -1;
}

// The axis of the rows, or none.
std::optional<size_t> RowsAxis(const Shape& shape) {
  if (shape.empty()) return std::nullopt;
  if (shape.size() == 1) return shape[0] < 0 ? std::optional<size_t>(0) : std::nullopt;
  const auto open = std::ranges::count_if(shape, [](int64_t size) { return size < 0; });
  if (shape[0] != 1 || open != 1 || shape.size() < 3) return 0;
  return static_cast<size_t>(std::ranges::find_if(shape, [](int64_t s) { return s < 0; }) -
                             shape.begin());
}

bool IsOpen(const ValueInfoView& input) {
  return !input.shape || std::ranges::any_of(*input.shape, [](int64_t s) { return s < 0; });
}

// Beside an input of any number of rows, one whose sizes are all given is the same for each row.
absl::StatusOr<Shape> ShapeOf(const GraphView& graph, const ValueInfoView& input,
                              bool beside_open) {
  Shape shape = input.shape.value_or(Shape{-1, -1});
  const auto rows = beside_open && !IsOpen(input) ? std::nullopt : RowsAxis(shape);
  if (rows) shape[*rows] = kBatch;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (IsBatch(shape[axis]) || shape[axis] >= 0) continue;
    if (shape.size() == 2) {
      HILLOCK_ASSIGN_OR_RETURN(shape[axis], WidthOfWeights(graph));
    }
    if (shape[axis] >= 0) continue;
    return absl::InvalidArgumentError(
        fmt::format("has shape {}, which leaves open how many values a row has",
                    ShapeText(input.shape.value_or(Shape{-1, -1}))));
  }
  HILLOCK_ASSIGN_OR_RETURN(const size_t width, ElementCount(RowShape(shape)));
  if (width > 0 && width <= kMaxColumns) return shape;
  return absl::InvalidArgumentError(fmt::format("has rows of shape {}", ShapeText(shape)));
}

absl::StatusOr<GraphInput> InputOf(const GraphView& graph, const ValueInfoView& info,
                                   bool beside_open) {
  GraphInput input;
  input.name = info.name;
  input.type = info.type;
  const auto datatype = DatatypeOf(info.type);
  if (!datatype) return absl::UnimplementedError("is no tensor of numbers or strings");
  HILLOCK_ASSIGN_OR_RETURN(input.shape, ShapeOf(graph, info, beside_open));
  input.input.datatype = *datatype;
  input.input.width = WidthOf(input.shape);
  return input;
}

}  // namespace

absl::StatusOr<GraphInputs> InputsOf(const GraphView& graph) {
  GraphInputs all;
  const std::vector<const ValueInfoView*> infos = CallerInputs(graph);
  const bool some_open =
      std::ranges::any_of(infos, [](const ValueInfoView* info) { return IsOpen(*info); });
  for (const ValueInfoView* const info : infos) {
    auto input = InputOf(graph, *info, some_open);
    if (!input.ok()) {
      return Annotate(input.status(), fmt::format("input '{}'", Excerpt(info->name)));
    }
    input->first = all.width;
    all.width += input->input.width;
    all.single_row = (all.inputs.empty() || all.single_row) && !IsOpen(*info) &&
                     (info->shape->size() < 2 || info->shape->front() == 1);
    all.inputs.push_back(*std::move(input));
  }
  if (all.inputs.empty() || all.inputs.size() > model::kMaxInputs || all.width > kMaxColumns) {
    return absl::UnimplementedError(
        fmt::format("the graph has {} inputs of {} values, want 1 to {}", all.inputs.size(),
                    all.width, model::kMaxInputs));
  }
  const bool has_rows = std::ranges::any_of(
      all.inputs, [](const GraphInput& input) { return BatchAxis(input.shape).has_value(); });
  for (GraphInput& input : all.inputs) {
    const bool alone = has_rows && !BatchAxis(input.shape);
    if (alone && all.single_row && input.shape == Shape{1}) input.shape = {kBatch};
    input.input.shared = has_rows && !BatchAxis(input.shape);
    input.input.shape = OnTheWire(input.shape);
  }
  return all;
}

}  // namespace hillock::onnx
