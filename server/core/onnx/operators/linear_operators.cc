// A dense layer in the words of ai.onnx.ml. A classifier gives NamedRows, for its two outputs.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/core/activation/activation.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

absl::StatusOr<std::vector<float>> Reals(const NodeView& node, std::string_view name) {
  const AttributeView* const attribute = node.Find(name);
  if (attribute == nullptr) return std::vector<float>();
  return attribute->Reals();
}

// coefficients * x + intercepts.
absl::StatusOr<Rows> Linear(const Call& call, size_t targets) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, VectorsAt(call, 0));
  Tensor weights;
  HILLOCK_ASSIGN_OR_RETURN(weights.floats, Reals(call.node, "coefficients"));
  // The product may be beyond any number.
  if (targets == 0 || weights.size() / targets != x.width() || weights.size() % targets != 0) {
    return absl::InvalidArgumentError(
        fmt::format("has {} coefficients, want {} x {}", weights.size(), targets, x.width()));
  }
  weights.shape = {static_cast<int64_t>(targets), static_cast<int64_t>(x.width())};
  HILLOCK_ASSIGN_OR_RETURN(Dense dense, MakeDense(call, x, std::move(weights), true));
  Rows y = call.tree.AddDense(x, std::move(dense));
  Tensor bias;
  HILLOCK_ASSIGN_OR_RETURN(bias.floats, Reals(call.node, "intercepts"));
  if (bias.floats.empty()) return y;
  bias.shape = {static_cast<int64_t>(bias.size())};
  HILLOCK_ASSIGN_OR_RETURN(std::vector<double> shift, Spread(call, bias, y.dims));
  return Mapped(y, {{1}, std::move(shift)});
}

// The activation that a post_transform is, or none.
absl::StatusOr<const activation::Spec*> PostTransform(const NodeView& node) {
  const std::string_view name = node.Text("post_transform", "NONE");
  if (name == "NONE") return nullptr;
  if (name == "LOGISTIC") return activation::Find("sigmoid");
  if (name == "SOFTMAX") return activation::Find("softmax");
  return absl::UnimplementedError(fmt::format("has post_transform '{}'", Excerpt(name)));
}

absl::StatusOr<GraphValue> LinearRegressor(const Call& call) {
  const int64_t targets = call.node.Integer("targets", 1);
  HILLOCK_ASSIGN_OR_RETURN(const activation::Spec* const transform, PostTransform(call.node));
  if (transform != nullptr) return absl::UnimplementedError("has a post_transform");
  HILLOCK_ASSIGN_OR_RETURN(Rows y,
                           Linear(call, static_cast<size_t>(std::max<int64_t>(targets, 0))));
  return y;
}

absl::StatusOr<GraphValue> LinearClassifier(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(std::vector<std::string> classes, ClassNames(call.node));
  HILLOCK_ASSIGN_OR_RETURN(const activation::Spec* const transform, PostTransform(call.node));
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Linear(call, classes.size()));
  if (transform != nullptr && transform->scope == activation::Scope::kRow) {
    y = call.tree.AddRowActivation(y, *transform);
  } else if (transform != nullptr) {
    Atom atom;
    atom.base = call.tree.expression()[y.value.atom].base;
    atom.activation = transform;
    atom.operands = {y.value};
    y.value = {call.tree.expression().Add(std::move(atom)), {}};
  }
  return NamedRows{std::move(y), std::move(classes)};
}

constexpr OperatorRow kRows[] = {
    {kMlDomain, "LinearRegressor", LinearRegressor},
    {kMlDomain, "LinearClassifier", LinearClassifier},
};

}  // namespace

std::span<const OperatorRow> LinearOperators() { return kRows; }

}  // namespace hillock::onnx
