// SPDX-License-Identifier: Apache-2.0

// Sums of products over any axes. With a constant they are a dense layer, whose weights are written
// out; between two values of a row, products that are added up.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/products/dense.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

constexpr char kAny = ' ';  // the label of an axis of 1 that stands for every index
constexpr std::string_view kBroadcast = "0123456789";  // labels of the axes of an ellipsis

using Sizes = std::map<char, int64_t>;  // by label

absl::Status AddSizes(const Shape& shape, std::string_view axes, Sizes& sizes) {
  if (shape.size() != axes.size()) {
    return absl::InvalidArgumentError(
        fmt::format("names {} axes of shape {}", axes.size(), ShapeText(shape)));
  }
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] == kAny) continue;
    if (std::ranges::count(axes, axes[i]) > 1) {
      return absl::UnimplementedError("takes the diagonal of a matrix");
    }
    const auto [size, is_new] = sizes.emplace(axes[i], shape[i]);
    if (size->second != shape[i]) {
      return absl::InvalidArgumentError(
          fmt::format("has sizes {} and {} for one axis", size->second, shape[i]));
    }
  }
  return absl::OkStatus();
}

// How far apart neighbours along each axis of `order` are in a tensor with these axes.
Shape StridesOver(std::string_view order, const Shape& shape, std::string_view axes) {
  const Shape strides = Strides(shape);
  Shape over;
  for (const char label : order) {
    const size_t at = axes.find(label);
    over.push_back(at == std::string_view::npos ? 0 : strides[at]);
  }
  return over;
}

// The labels of the result, and then those that are summed over.
std::string OrderOf(std::string_view to, const Sizes& sizes) {
  std::string order(to);
  for (const auto& [label, size] : sizes) {
    if (to.find(label) == std::string_view::npos) order.push_back(label);
  }
  return order;
}

Shape ShapeOver(std::string_view labels, const Sizes& sizes) {
  Shape shape;
  for (const char label : labels) shape.push_back(sizes.at(label));
  return shape;
}

// x with its axes in the order of these labels, and 1 where it has none.
absl::StatusOr<Rows> Aligned(const Call& call, const Rows& x, std::string_view axes,
                             std::string_view order) {
  Shape perm;
  for (const char label : order) {
    const size_t at = axes.find(label);
    if (at != std::string_view::npos) perm.push_back(static_cast<int64_t>(at));
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows turned, TransposedRows(call, x, perm));
  Shape shape;
  size_t next = 0;
  for (const char label : order) {
    shape.push_back(axes.find(label) == std::string_view::npos ? 1 : turned.shape[next++]);
  }
  return WithShape(turned, std::move(shape));
}

// Both depend on the rows. Brought to the same axes, of 1 where one lacks a label, they are
// multiplied element by element; the labels that the result lacks come last and are summed over.
absl::StatusOr<Rows> ContractedRows(const Call& call, const std::vector<Rows>& xs,
                                    const std::vector<std::string>& axes, const std::string& to) {
  Sizes sizes;
  for (size_t i = 0; i < xs.size(); ++i) {
    HILLOCK_RETURN_IF_ERROR(AddSizes(RowShape(xs[i].shape), axes[i], sizes));
  }
  const std::string order = OrderOf(to, sizes);
  HILLOCK_RETURN_IF_ERROR(ElementCount(ShapeOver(order, sizes)).status());
  HILLOCK_ASSIGN_OR_RETURN(Rows product, Aligned(call, xs[0], axes[0], order));
  if (xs.size() > 1) {
    HILLOCK_ASSIGN_OR_RETURN(const Rows other, Aligned(call, xs[1], axes[1], order));
    HILLOCK_ASSIGN_OR_RETURN(product, Multiply(call, product, other));
  }
  std::vector<size_t> summed;
  for (size_t axis = to.size(); axis < order.size(); ++axis) summed.push_back(axis);
  if (!summed.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(product, Reduced(call, product, "sum", summed, product.type));
  }
  product.shape.resize(to.size());
  return product;
}

// The labels of an equation's operand, with one for each axis of its ellipsis.
absl::StatusOr<std::string> Labels(std::string_view term, size_t rank, size_t& broadcast) {
  std::string labels(term);
  const size_t at = labels.find("...");
  if (at == std::string::npos) return labels;
  const size_t named = labels.size() - 3;
  if (rank < named || rank - named > kBroadcast.size()) {
    return absl::InvalidArgumentError(fmt::format("names {} axes of {}", named, rank));
  }
  broadcast = std::max(broadcast, rank - named);
  labels.replace(at, 3, kBroadcast.substr(kBroadcast.size() - (rank - named)));
  return labels;
}

// Of an equation without a right side: the labels that occur once, in their order.
std::string ImplicitResult(const std::vector<std::string>& axes) {
  Sizes counts;
  for (const std::string& labels : axes) {
    for (const char label : labels) ++counts[label];
  }
  std::string result;
  for (const auto& [label, count] : counts) {
    if (count == 1 || kBroadcast.find(label) != std::string_view::npos) result.push_back(label);
  }
  return result;
}

struct Equation {
  std::vector<std::string> axes;  // by operand
  std::string to;
};

absl::StatusOr<Equation> EquationOf(const Call& call) {
  std::string text(call.node.Text("equation", ""));
  std::erase(text, ' ');
  const size_t arrow = text.find("->");
  std::string_view rest = std::string_view(text).substr(0, arrow);
  Equation equation;
  size_t broadcast = 0;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const Shape shape, call.ShapeAt(i));
    const std::string_view term = rest.substr(0, rest.find(','));
    HILLOCK_ASSIGN_OR_RETURN(equation.axes.emplace_back(), Labels(term, shape.size(), broadcast));
    rest.remove_prefix(std::min(rest.size(), term.size() + 1));
  }
  if (arrow == std::string::npos) {
    equation.to = ImplicitResult(equation.axes);
    return equation;
  }
  const std::string_view right = std::string_view(text).substr(arrow + 2);
  HILLOCK_ASSIGN_OR_RETURN(equation.to, Labels(right, right.size() - 3 + broadcast, broadcast));
  for (const char label : equation.to) {
    const bool known = std::ranges::any_of(
        equation.axes, [&](const std::string& axes) { return axes.find(label) != axes.npos; });
    if (!known || std::ranges::count(equation.to, label) > 1) {
      return absl::InvalidArgumentError(fmt::format("has equation '{}'", Excerpt(text)));
    }
  }
  return equation;
}

Outcome Einsum(const Call& call) {
  if (call.inputs() == 0 || call.inputs() > 2 || call.IsConstant()) {
    return absl::UnimplementedError("multiplies constants, or more than two values at once");
  }
  HILLOCK_ASSIGN_OR_RETURN(const Equation equation, EquationOf(call));
  for (size_t i = 0; i < call.inputs(); ++i) {
    if (call.IsRows(i)) continue;
    HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(1 - i));
    HILLOCK_ASSIGN_OR_RETURN(const Tensor weights, call.TensorAt(i));
    HILLOCK_ASSIGN_OR_RETURN(
        Rows y, Contracted(call, x, equation.axes[1 - i], weights, equation.axes[i], equation.to));
    return y;
  }
  std::vector<Rows> xs;
  for (size_t i = 0; i < call.inputs(); ++i) {
    HILLOCK_ASSIGN_OR_RETURN(xs.emplace_back(), call.RowsAt(i));
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows y, ContractedRows(call, xs, equation.axes, equation.to));
  return y;
}

// [from][to]: 1 where a sum takes an element.
absl::StatusOr<Tensor> TriangleOf(const Call& call, int64_t size) {
  const bool exclusive = call.node.Integer("exclusive", 0) != 0;
  const bool reverse = call.node.Integer("reverse", 0) != 0;
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount({size, size}));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(float)));
  Tensor triangle{.shape = {size, size}};
  triangle.floats.reserve(count);
  for (int64_t from = 0; from < size; ++from) {
    for (int64_t to = 0; to < size; ++to) {
      const bool adds = from == to ? !exclusive : (from > to) == reverse;
      triangle.floats.push_back(adds ? 1 : 0);
    }
  }
  return triangle;
}

// Times a triangle of ones.
Outcome CumSum(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor given, call.TensorAt(1));
  if (given.size() != 1 || given.kind != Tensor::Kind::kIntegers) {
    return absl::InvalidArgumentError("has no axis");
  }
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis, FromFront(given.integers[0], x.shape.size()));
  if (IsBatch(x.shape[axis])) return absl::UnimplementedError("adds up the rows");
  HILLOCK_ASSIGN_OR_RETURN(const Tensor triangle, TriangleOf(call, x.shape[axis]));
  std::string axes;
  for (size_t i = 0; i < x.shape.size(); ++i) axes.push_back(static_cast<char>('a' + i));
  std::string to = axes;
  to[axis] = 'A';
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Contracted(call, x, axes, triangle, {axes[axis], 'A'}, to));
  y.type = x.type;
  return y;
}

constexpr OperatorRow kRows[] = {
    {"", "Einsum", Einsum},
    {"", "CumSum", CumSum},
};

}  // namespace

// Term i is one index for every label. The strides say which cell of the dense layer's matrix it
// falls into, [element of the result][column of x], and which weight it adds there: a label that a
// side lacks has the stride 0, so its terms repeat a weight, or meet in a cell.
absl::StatusOr<Rows> Contracted(const Call& call, const Rows& x, const std::string& x_axes,
                                const Tensor& weights, const std::string& weight_axes,
                                const std::string& to) {
  const Shape row = RowShape(x.shape);
  Sizes sizes;
  HILLOCK_RETURN_IF_ERROR(AddSizes(row, x_axes, sizes));
  HILLOCK_RETURN_IF_ERROR(AddSizes(weights.shape, weight_axes, sizes));
  const auto batch = BatchAxis(x.shape);
  if (batch && (weight_axes.find(x_axes[*batch]) != std::string::npos ||
                to.find(x_axes[*batch]) == std::string::npos)) {
    return absl::UnimplementedError("multiplies across the rows");
  }
  const std::string order = OrderOf(to, sizes);
  const Shape all = ShapeOver(order, sizes);
  Shape shape = ShapeOver(to, sizes);
  HILLOCK_ASSIGN_OR_RETURN(const size_t terms, ElementCount(all));
  HILLOCK_ASSIGN_OR_RETURN(const size_t outputs, ElementCount(shape));
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount({static_cast<int64_t>(outputs),
                                                             static_cast<int64_t>(x.width())}));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(float)));
  call.budget.Spend(terms);
  HILLOCK_RETURN_IF_ERROR(call.budget.CheckSteps());
  const Shape from_x = StridesOver(order, row, x_axes);
  const Shape from_weights = StridesOver(order, weights.shape, weight_axes);
  const Shape into = StridesOver(order, shape, to);
  Dense dense{std::string(call.node.name), x.width(), outputs, std::vector<float>(count)};
  for (size_t i = 0; i < terms; ++i) {
    HILLOCK_ASSIGN_OR_RETURN(const double weight, NumberAt(weights, Offset(all, from_weights, i)));
    dense.weights[Offset(all, into, i) * x.width() + Offset(all, from_x, i)] +=
        static_cast<float>(weight);
  }
  if (batch) shape[to.find(x_axes[*batch])] = x.shape[*batch];
  return call.graph.AddDense(x, std::move(dense), std::move(shape));
}

// As an equation: "0ij" from "0ik" and "0kj", with a digit for each axis of the stack. Where one
// side has a single matrix for all, its axis has no label, and any index reads it.
absl::StatusOr<Rows> TimesStack(const Call& call, const Rows& x, const Tensor& weights,
                                bool weights_first) {
  const size_t rank = std::max(x.shape.size(), weights.shape.size());
  if (x.shape.size() < 2 || weights.shape.size() < 2 || rank > kBroadcast.size() + 2) {
    return absl::UnimplementedError("multiplies a stack of matrices by a vector");
  }
  const std::string all(kBroadcast.substr(0, rank - 2));
  const auto labels = [&](const Shape& shape, std::string_view last) {
    return all.substr(rank - shape.size()) + std::string(last);
  };
  std::string x_axes = labels(x.shape, weights_first ? "kj" : "ik");
  std::string weight_axes = labels(weights.shape, weights_first ? "ik" : "kj");
  const size_t shared = std::min(x.shape.size(), weights.shape.size()) - 2;
  for (size_t i = 3; i < shared + 3; ++i) {  // from the back
    const int64_t of_x = x.shape[x.shape.size() - i];
    const int64_t of_weights = weights.shape[weights.shape.size() - i];
    if (of_weights == 1) {
      weight_axes[weight_axes.size() - i] = kAny;
    } else if (of_x == 1) {
      x_axes[x_axes.size() - i] = kAny;
    }
  }
  return Contracted(call, x, x_axes, weights, weight_axes, all + "ij");
}

std::span<const OperatorRow> ContractionOperators() { return kRows; }

}  // namespace hillock::onnx
