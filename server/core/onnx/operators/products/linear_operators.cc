// SPDX-License-Identifier: Apache-2.0

// A dense layer in the words of ai.onnx.ml.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/core/activation/activation.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/products/dense.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

// coefficients * x + intercepts.
absl::StatusOr<Rows> Linear(const Call& call, size_t targets) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  Tensor weights;
  HILLOCK_ASSIGN_OR_RETURN(weights.floats, Reals(call.node, "coefficients"));
  // The product may be beyond any number.
  if (targets == 0 || weights.size() / targets != x.width() || weights.size() % targets != 0) {
    return absl::InvalidArgumentError(
        fmt::format("has {} coefficients, want {} x {}", weights.size(), targets, x.width()));
  }
  weights.shape = {static_cast<int64_t>(targets), static_cast<int64_t>(x.width())};
  HILLOCK_ASSIGN_OR_RETURN(Dense dense, DenseOf(call, std::move(weights), true, ""));
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Multiplied(call, x, std::move(dense)));
  y.type = DataType::kFloat;
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> intercepts, Reals(call.node, "intercepts"));
  if (intercepts.empty()) return y;
  if (intercepts.size() != targets) {
    return absl::InvalidArgumentError(
        fmt::format("has {} intercepts, want {}", intercepts.size(), targets));
  }
  return Mapped(y, {{1}, {intercepts.begin(), intercepts.end()}});
}

absl::StatusOr<Rows> PostTransformed(const Call& call, const Rows& y) {
  const std::string_view name = call.node.Text("post_transform", "NONE");
  if (name == "NONE") return y;
  if (name == "LOGISTIC") return Activated(call, y, "sigmoid");
  if (name == "SOFTMAX") return Activated(call, y, "softmax");
  return absl::UnimplementedError(fmt::format("has post_transform '{}'", Excerpt(name)));
}

Outcome LinearRegressor(const Call& call) {
  const int64_t targets = call.node.Integer("targets", 1);
  HILLOCK_ASSIGN_OR_RETURN(const Rows y,
                           Linear(call, static_cast<size_t>(std::max<int64_t>(targets, 0))));
  HILLOCK_ASSIGN_OR_RETURN(Rows transformed, PostTransformed(call, y));
  return transformed;
}

// One score for two classes: that of the second one.
absl::StatusOr<Rows> BothScores(const Call& call, const Rows& score) {
  const bool is_probability = call.node.Text("post_transform", "NONE") == "LOGISTIC";
  const Rows other = is_probability ? Mapped(score, {{-1}, {1}}) : Mapped(score, {{-1}, {0}});
  return Joined(call, {other, score}, score.shape.size() - 1);
}

// The label comes from what it is given, before any transformation, which keeps the order.
Outcomes LinearClassifier(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Classes classes, ClassesOf(call));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> coefficients, Reals(call.node, "coefficients"));
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  const bool one_score = classes.values.size() == 2 && coefficients.size() == x.width();
  HILLOCK_ASSIGN_OR_RETURN(Rows scores, Linear(call, one_score ? 1 : classes.values.size()));
  Rows position;
  if (one_score) {
    HILLOCK_ASSIGN_OR_RETURN(position,
                             Apply(call, "Greater", {scores, RowGraph::Constant({0}, {})}));
  }
  HILLOCK_ASSIGN_OR_RETURN(scores, PostTransformed(call, scores));
  if (one_score) {
    HILLOCK_ASSIGN_OR_RETURN(scores, BothScores(call, scores));
  } else {
    HILLOCK_ASSIGN_OR_RETURN(
        position, Reduced(call, scores, "argmax", {scores.shape.size() - 1}, DataType::kInt64));
  }
  position.type = DataType::kInt64;
  position.shape.pop_back();
  scores.column_names = classes.names;
  return std::vector<GraphValue>{ClassAt(call, position, classes), std::move(scores)};
}

constexpr OperatorRow kRows[] = {
    {kMlDomain, "LinearRegressor", LinearRegressor},
    {kMlDomain, "LinearClassifier", nullptr, LinearClassifier},
};

}  // namespace

absl::StatusOr<std::vector<float>> Reals(const NodeView& node, std::string_view name) {
  const AttributeView* const attribute = node.Find(name);
  if (attribute == nullptr) return std::vector<float>();
  return attribute->Reals();
}

std::span<const OperatorRow> LinearOperators() { return kRows; }

}  // namespace hillock::onnx
