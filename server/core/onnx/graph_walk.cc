// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/graph_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "server/core/base/background_thread.h"
#include "server/core/onnx/operators/operators.h"

namespace hillock::onnx {
namespace {

using Outcomes = absl::StatusOr<std::vector<GraphValue>>;

constexpr size_t kMaxDepth = 16;  // of functions and branches in each other

std::string PlaceOf(const NodeView& node, size_t index) {
  if (node.name.empty()) return fmt::format("node {} ({})", index, Excerpt(node.op));
  return fmt::format("node '{}' ({})", Excerpt(node.name), Excerpt(node.op));
}

// The node with the attributes that it takes from the one that calls its function.
NodeView Resolved(NodeView node, const NodeView& caller, const FunctionView& function) {
  std::vector<AttributeView> attributes;
  for (const AttributeView& attribute : node.attributes) {
    if (attribute.reference.empty()) {
      attributes.push_back(attribute);
      continue;
    }
    const AttributeView* given = caller.Find(attribute.reference);
    if (given == nullptr) {
      const auto own =
          std::ranges::find(function.defaults, attribute.reference, &AttributeView::name);
      given = own == function.defaults.end() ? nullptr : &*own;
    }
    if (given == nullptr) continue;
    attributes.push_back(*given);
    attributes.back().name = attribute.name;
  }
  node.attributes = std::move(attributes);
  return node;
}

// A function's body is read for each of its calls.
absl::Status ChargeAgain(const NodeView& node, size_t bytes, Budget& budget) {
  for (const AttributeView& attribute : node.attributes) bytes += attribute.message.size();
  return budget.Take(bytes, 1);
}

// Rows may be far wider than what they are made of: one number for all columns, a table's entry for
// each of them.
absl::Status ChargeWidth(const std::string& place, GraphValue& value, Budget& budget) {
  const auto* const rows = std::get_if<Rows>(&value);
  if (rows == nullptr) return absl::OkStatus();
  HILLOCK_ASSIGN_OR_RETURN(const size_t width, ElementCount(RowShape(rows->shape)));
  if (width == 0) {
    value =
        Unsupported{absl::UnimplementedError(fmt::format("{}: makes rows without values", place))};
  }
  return budget.Take(width, 1);
}

absl::Status NoOperation(const NodeView& node) {
  constexpr std::string_view kRandom[] = {"RandomNormal",      "RandomNormalLike", "RandomUniform",
                                          "RandomUniformLike", "Multinomial",      "Bernoulli"};
  constexpr std::string_view kLoops[] = {"Loop", "Scan", "LSTM", "GRU", "RNN"};
  constexpr std::string_view kSpace[] = {"Conv",        "ConvTranspose",     "MaxPool",
                                         "AveragePool", "GlobalAveragePool", "GlobalMaxPool"};
  const auto is_one = [&](std::span<const std::string_view> names) {
    return std::ranges::find(names, node.op) != names.end();
  };
  if (is_one(kRandom)) return absl::UnimplementedError("draws random numbers");
  if (is_one(kLoops))
    return absl::UnimplementedError("loops, and a model here is computed in one go");
  if (is_one(kSpace)) return absl::UnimplementedError("convolves or pools over space");
  return absl::UnimplementedError(
      fmt::format("is no operator that this server computes{}",
                  node.domain.empty() ? "" : fmt::format(" (domain '{}')", Excerpt(node.domain))));
}

}  // namespace

GraphWalk::GraphWalk(const ModelView& model, const ExternalFile& external, Budget& budget,
                     const GraphInputs& inputs)
    : model_(model),
      inputs_(inputs),
      budget_(budget),
      values_(external, budget),
      graph_(inputs.width, budget) {}

absl::Status GraphWalk::Run() {
  HILLOCK_RETURN_IF_ERROR(NameInitializers(model_.graph.initializers, values_));
  const Rows row = graph_.Input({static_cast<int64_t>(inputs_.width)});
  for (const GraphInput& input : inputs_.inputs) {
    HILLOCK_RETURN_IF_ERROR(Annotate(budget_.Take(input.input.width, sizeof(uint32_t)),
                                     fmt::format("input '{}'", Excerpt(input.name))));
    std::vector<uint32_t> columns(input.input.width);
    std::iota(columns.begin(), columns.end(), static_cast<uint32_t>(input.first));
    HILLOCK_ASSIGN_OR_RETURN(Rows x, graph_.Select(std::span(&row, 1), columns, input.shape));
    x.type = input.type;
    HILLOCK_RETURN_IF_ERROR(
        Annotate(Name(input.name, std::move(x), values_), "the graph's inputs"));
  }
  Scope scope{values_, model_.opset};
  return VisitAll(model_.graph.nodes, scope);
}

absl::Status GraphWalk::NameInitializers(const std::vector<TensorView>& tensors, Values& values) {
  for (const TensorView& tensor : tensors) {
    HILLOCK_RETURN_IF_ERROR(Annotate(Name(tensor.name, &tensor, values), "initializers"));
  }
  return absl::OkStatus();
}

// What has no name cannot be read.
absl::Status GraphWalk::Name(std::string_view name, GraphValue value, Values& values) {
  if (name.empty()) return absl::OkStatus();
  if (values.IsHere(name)) {
    return absl::InvalidArgumentError(
        fmt::format("there is a value '{}' already, want names that differ", Excerpt(name)));
  }
  values.Set(name, std::move(value));
  return absl::OkStatus();
}

absl::Status GraphWalk::VisitAll(std::span<const std::string_view> nodes, Scope& scope) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    YieldIfContended();
    if (++visited_ > kMaxNodes) {
      return absl::ResourceExhaustedError(
          fmt::format("has more than {} nodes with its functions written out", kMaxNodes));
    }
    auto node = ParseNode(nodes[i]);
    if (!node.ok()) return Annotate(node.status(), fmt::format("node {}", i));
    if (scope.function != nullptr) {
      node = Resolved(*std::move(node), *scope.caller, *scope.function);
      HILLOCK_RETURN_IF_ERROR(ChargeAgain(*node, nodes[i].size(), budget_));
    }
    const std::string place = PlaceOf(*node, i);
    graph_.SetPlace(place);
    HILLOCK_RETURN_IF_ERROR(Annotate(Visit(*node, place, scope), place));
  }
  return absl::OkStatus();
}

absl::Status GraphWalk::Visit(const NodeView& node, const std::string& place, Scope& scope) {
  if (node.outputs.empty()) return absl::OkStatus();
  for (const std::string_view input : node.inputs) {
    const GraphValue* const value = scope.values.Find(input);
    if (!input.empty() && value == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("reads '{}', which no node before it computes", Excerpt(input)));
    }
    if (value != nullptr) HILLOCK_RETURN_IF_ERROR(Charge(*value, budget_));
  }
  // What cannot be computed is a value, too: only what depends on it goes with it. Any other error
  // ends the import, as the file makes no sense or takes too much.
  Outcomes computed = Compute(node, scope);
  if (absl::IsUnimplemented(computed.status())) {
    const Unsupported none{Annotate(computed.status(), place)};
    computed = std::vector<GraphValue>(node.outputs.size(), none);
  }
  if (!computed.ok()) return computed.status();
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    GraphValue value = Unsupported{
        absl::UnimplementedError(fmt::format("{}: its output {} is not computed", place, i))};
    if (i < computed->size()) value = std::move((*computed)[i]);
    HILLOCK_RETURN_IF_ERROR(ChargeWidth(place, value, budget_));
    HILLOCK_RETURN_IF_ERROR(Charge(value, budget_));
    HILLOCK_RETURN_IF_ERROR(Name(node.outputs[i], std::move(value), scope.values));
  }
  return absl::OkStatus();
}

Outcomes GraphWalk::Compute(const NodeView& node, Scope& scope) {
  if (node.op == "If" && node.domain.empty()) return TakeBranch(node, scope);
  for (const std::string_view input : node.inputs) {
    const GraphValue* const value = scope.values.Find(input);
    if (value == nullptr) continue;
    if (const auto* const none = std::get_if<Unsupported>(value)) {
      return std::vector<GraphValue>(node.outputs.size(), *none);
    }
  }
  // A function of the file comes before an operator of its name.
  if (const FunctionView* const function = FindFunction(node)) return Call(*function, node, scope);
  const OperatorRow* const row = FindOperator(node.domain, node.op);
  if (row == nullptr) return NoOperation(node);
  const onnx::Call call{node, scope.opset, scope.values, graph_, budget_, inputs_.single_row};
  if (row->compute_all != nullptr) return row->compute_all(call);
  HILLOCK_ASSIGN_OR_RETURN(GraphValue value, row->compute(call));
  std::vector<GraphValue> values;
  values.push_back(std::move(value));
  return values;
}

const FunctionView* GraphWalk::FindFunction(const NodeView& node) const {
  const auto function = std::ranges::find_if(model_.functions, [&](const FunctionView& f) {
    return f.name == node.op && f.domain == node.domain;
  });
  return function == model_.functions.end() ? nullptr : &*function;
}

// The body sees its inputs and nothing else of the caller: names in it are its own.
Outcomes GraphWalk::Call(const FunctionView& function, const NodeView& node, Scope& scope) {
  if (scope.depth == kMaxDepth) {
    return absl::UnimplementedError(fmt::format("calls functions more than {} deep", kMaxDepth));
  }
  Values body = scope.values.NewScope(nullptr);
  for (size_t i = 0; i < function.inputs.size() && i < node.inputs.size(); ++i) {
    const GraphValue* const value = scope.values.Find(node.inputs[i]);
    if (value != nullptr) HILLOCK_RETURN_IF_ERROR(Name(function.inputs[i], *value, body));
  }
  Scope inner{body, function.opset.value_or(scope.opset), &node, &function, scope.depth + 1};
  HILLOCK_RETURN_IF_ERROR(VisitAll(function.nodes, inner));
  std::vector<GraphValue> values;
  for (const std::string_view output : function.outputs) {
    const GraphValue* const value = body.Find(output);
    if (value == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("no node of its function computes '{}'", Excerpt(output)));
    }
    values.push_back(*value);
  }
  return values;
}

// A branch sees all names around it. It is parsed here, as the other one may be of any size, and
// stays in branches_: the values of its initializers are views of it.
Outcomes GraphWalk::TakeBranch(const NodeView& node, Scope& scope) {
  const onnx::Call call{node, scope.opset, scope.values, graph_, budget_, inputs_.single_row};
  const GraphValue* const condition = scope.values.Find(node.input(0));
  if (condition != nullptr && std::holds_alternative<Unsupported>(*condition)) {
    return std::get<Unsupported>(*condition).why;
  }
  if (call.IsRows(0)) return absl::UnimplementedError("takes a branch for each row");
  HILLOCK_ASSIGN_OR_RETURN(const Tensor taken, call.TensorAt(0));
  if (taken.size() != 1)
    return absl::InvalidArgumentError("has a condition that is no single value");
  HILLOCK_ASSIGN_OR_RETURN(const double value, NumberAt(taken, 0));
  const AttributeView* const branch = node.Find(value != 0 ? "then_branch" : "else_branch");
  if (branch == nullptr || !branch->graph || scope.depth == kMaxDepth) {
    return absl::InvalidArgumentError("lacks a branch, or has them too deep");
  }
  budget_.Spend(branch->graph->size());
  HILLOCK_RETURN_IF_ERROR(budget_.CheckSteps());
  HILLOCK_ASSIGN_OR_RETURN(GraphView parsed, ParseGraph(*branch->graph));
  HILLOCK_RETURN_IF_ERROR(
      budget_.Take(parsed.initializers.size() + parsed.outputs.size(), sizeof(TensorView)));
  HILLOCK_RETURN_IF_ERROR(budget_.Take(parsed.nodes.size(), sizeof(std::string_view)));
  branches_.push_back(std::make_unique<GraphView>(std::move(parsed)));
  const GraphView& graph = *branches_.back();
  Values values = scope.values.NewScope(&scope.values);
  HILLOCK_RETURN_IF_ERROR(NameInitializers(graph.initializers, values));
  Scope inner{values, scope.opset, scope.caller, scope.function, scope.depth + 1};
  HILLOCK_RETURN_IF_ERROR(VisitAll(graph.nodes, inner));
  std::vector<GraphValue> results;
  for (const ValueInfoView& output : graph.outputs) {
    const GraphValue* const result = values.Find(output.name);
    if (result == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("no node of its branch computes '{}'", Excerpt(output.name)));
    }
    results.push_back(*result);
  }
  return results;
}

}  // namespace hillock::onnx
