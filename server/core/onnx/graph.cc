#include "server/core/onnx/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/base/utf8.h"
#include "server/core/model/limits.h"
#include "server/core/onnx/lowering/outputs.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {
namespace {

// The inputs that a caller gives: old files list the initializers among them.
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

// The shape of one row: that of the input without its first axis, which is the batch, whatever
// number the file has there.
absl::StatusOr<Shape> RowShape(const GraphView& graph, const ValueInfoView& input) {
  Shape shape = input.shape.value_or(Shape{-1, -1});
  if (shape.size() < 2) {
    return absl::InvalidArgumentError(
        fmt::format("has shape {}, want a batch and the values of a row", ShapeText(shape)));
  }
  if (shape.size() == 2 && shape[1] < 0) {
    HILLOCK_ASSIGN_OR_RETURN(shape[1], WidthOfWeights(graph));
  }
  shape.erase(shape.begin());
  HILLOCK_ASSIGN_OR_RETURN(const size_t width, ElementCount(shape));
  if (width > 0) return shape;
  return absl::InvalidArgumentError(fmt::format("has rows of shape {}", ShapeText(shape)));
}

absl::StatusOr<const ValueInfoView*> OnlyInput(const GraphView& graph) {
  const std::vector<const ValueInfoView*> inputs = CallerInputs(graph);
  if (inputs.size() != 1) {
    return absl::UnimplementedError(fmt::format("the graph has {} inputs, want 1", inputs.size()));
  }
  if (inputs[0]->type == DataType::kString || inputs[0]->type == DataType::kUndefined) {
    return absl::UnimplementedError(
        fmt::format("input '{}' is no tensor of numbers", Excerpt(inputs[0]->name)));
  }
  return inputs[0];
}

std::string NodeText(const NodeView& node, size_t index) {
  if (node.name.empty()) return fmt::format("node {} ({})", index, Excerpt(node.op));
  return fmt::format("node '{}' ({})", Excerpt(node.name), Excerpt(node.op));
}

// Computes the values of a graph, node by node.
class Walk {
 public:
  Walk(const ModelView& model, const ExternalFile& external, Budget& budget, Shape row)
      : model_(model), values_(external, budget), budget_(budget), tree_(std::move(row), budget) {}

  absl::Status Run(std::string_view input) {
    for (const TensorView& tensor : model_.graph.initializers) {
      HILLOCK_RETURN_IF_ERROR(Annotate(Name(tensor.name, &tensor), "initializers"));
    }
    values_.Set(input, tree_.input());
    for (size_t i = 0; i < model_.graph.nodes.size(); ++i) {
      YieldIfContended();
      auto node = ParseNode(model_.graph.nodes[i]);
      if (!node.ok()) return Annotate(node.status(), fmt::format("node {}", i));
      const std::string place = NodeText(*node, i);
      tree_.SetPlace(place);
      HILLOCK_RETURN_IF_ERROR(Annotate(Visit(*node), place));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<model::Mlp> Finish() && {
    std::vector<GraphOutput> outputs;
    for (const ValueInfoView& output : model_.graph.outputs) {
      outputs.push_back({output.name, values_.Find(output.name)});
      if (outputs.back().value != nullptr) continue;
      return absl::InvalidArgumentError(
          fmt::format("no node computes output '{}'", Excerpt(output.name)));
    }
    return MakeModel(std::move(tree_), outputs, budget_);
  }

 private:
  absl::Status Visit(const NodeView& node) {
    if (node.outputs.empty()) return absl::OkStatus();
    bool constant = true;
    for (const std::string_view input : node.inputs) {
      const GraphValue* const value = values_.Find(input);
      if (!input.empty() && value == nullptr) {
        return absl::InvalidArgumentError(
            fmt::format("reads '{}', which no node before it computes", Excerpt(input)));
      }
      constant = constant && (value == nullptr || IsConstant(*value));
      if (value != nullptr) HILLOCK_RETURN_IF_ERROR(ChargeInput(*value, budget_));
    }
    HILLOCK_ASSIGN_OR_RETURN(GraphValue value, constant ? FoldNode(node) : Operate(node));
    HILLOCK_RETURN_IF_ERROR(Charge(value, budget_));
    return Publish(node, std::move(value));
  }

  // A classifier of ai.onnx.ml has two outputs: the label, and what it is drawn from.
  absl::Status Publish(const NodeView& node, GraphValue value) {
    if (auto* const named = std::get_if<NamedRows>(&value); named && node.outputs.size() == 2) {
      HILLOCK_RETURN_IF_ERROR(Name(node.outputs[1], named->rows));
      value = Label{named->rows, false, 0, std::move(named->classes)};
    }
    return Name(node.outputs[0], std::move(value));
  }

  // What has no name cannot be read.
  absl::Status Name(std::string_view name, GraphValue value) {
    if (name.empty()) return absl::OkStatus();
    if (values_.Find(name) != nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("there is a value '{}' already, want names that differ", Excerpt(name)));
    }
    values_.Set(name, std::move(value));
    return absl::OkStatus();
  }

  absl::StatusOr<GraphValue> FoldNode(const NodeView& node) {
    std::vector<Tensor> inputs;
    for (const std::string_view name : node.inputs) {
      inputs.emplace_back();
      if (name.empty()) continue;
      HILLOCK_ASSIGN_OR_RETURN(inputs.back(), values_.Read(*values_.Find(name)));
    }
    HILLOCK_ASSIGN_OR_RETURN(Tensor tensor,
                             FoldConstants(node, std::move(inputs), model_.opset, budget_));
    return std::make_shared<const Tensor>(std::move(tensor));
  }

  absl::StatusOr<GraphValue> Operate(const NodeView& node) {
    const OperatorRow* const row = FindOperator(node.domain, node.op);
    if (row != nullptr && row->of_rows != nullptr) {
      return row->of_rows({node, model_.opset, values_, tree_, budget_});
    }
    return absl::UnimplementedError(fmt::format(
        "is no operation of a multi-layer perceptron{}",
        node.domain.empty() ? "" : fmt::format(" (domain '{}')", Excerpt(node.domain))));
  }

  const ModelView& model_;
  Values values_;
  Budget& budget_;
  Tree tree_;
};

std::string NameOr(std::string_view name, std::string_view otherwise) {
  const bool fits = !name.empty() && name.size() <= model::kMaxNameBytes && IsUtf8(name);
  return std::string(fits ? name : otherwise);
}

// Names of layers label metrics, so they are there and differ. Layers made of one have its name.
void NameLayers(model::Mlp& mlp) {
  std::set<std::string> taken;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    std::string& name = mlp.layers[i].name;
    name = NameOr(name, fmt::format("layer{}", i));
    if (taken.insert(name).second) continue;
    name = fmt::format("layer{}", i);
    while (!taken.insert(name).second) name += '_';
  }
}

}  // namespace

absl::StatusOr<model::Mlp> ImportGraph(const ModelView& model, const ExternalFile& external,
                                       Budget& budget) {
  if (model.graph.sparse_initializers) {
    return absl::UnimplementedError("the graph has sparse initializers");
  }
  HILLOCK_ASSIGN_OR_RETURN(const ValueInfoView* const input, OnlyInput(model.graph));
  auto row = RowShape(model.graph, *input);
  if (!row.ok()) {
    return Annotate(row.status(), fmt::format("input '{}'", Excerpt(input->name)));
  }
  Walk walk(model, external, budget, *std::move(row));
  HILLOCK_RETURN_IF_ERROR(walk.Run(input->name));
  HILLOCK_ASSIGN_OR_RETURN(model::Mlp mlp, std::move(walk).Finish());
  mlp.inputs.front().name = NameOr(input->name, "input");
  for (size_t i = 0; i < mlp.outputs.size(); ++i) {
    std::string& name = mlp.outputs[i].name;
    name = NameOr(name, mlp.outputs.size() == 1 ? "output" : fmt::format("output{}", i));
  }
  NameLayers(mlp);
  HILLOCK_RETURN_IF_ERROR(model::Validate(mlp));
  return mlp;
}

}  // namespace hillock::onnx
