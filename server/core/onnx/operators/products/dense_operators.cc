// SPDX-License-Identifier: Apache-2.0

// Products with weights become dense layers; those of two values of a row are sums of products.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/products/dense.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

// The layer's name: that of its weights in PyTorch ("net.0" of "net.0.weight"), else the node's.
std::string LayerName(const NodeView& node, std::string_view weights) {
  constexpr std::string_view kWeight = ".weight";
  const bool is_torch = weights.size() > kWeight.size() && weights.ends_with(kWeight);
  return std::string(is_torch ? weights.substr(0, weights.size() - kWeight.size()) : node.name);
}

// A constant with two axes: leading ones of 1 are dropped.
absl::StatusOr<Tensor> MatrixOf(Tensor weights) {
  while (weights.shape.size() > 2 && weights.shape.front() == 1) {
    weights.shape.erase(weights.shape.begin());
  }
  if (weights.shape.size() > 2 || weights.shape.empty() || weights.size() == 0) {
    return absl::UnimplementedError(
        fmt::format("has weights of shape {}, want two axes", ShapeText(weights.shape)));
  }
  if (weights.kind == Tensor::Kind::kIntegers) {
    weights.floats.assign(weights.integers.begin(), weights.integers.end());
    weights.kind = Tensor::Kind::kFloats;
  }
  if (weights.kind != Tensor::Kind::kFloats) {
    return absl::InvalidArgumentError("has weights that are no numbers");
  }
  return weights;
}

// The axes of x with the last two exchanged.
absl::StatusOr<Rows> LastTwoExchanged(const Call& call, const Rows& x) {
  Shape perm(x.shape.size());
  std::iota(perm.begin(), perm.end(), 0);
  if (perm.size() < 2) return absl::InvalidArgumentError("transposes a vector");
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return TransposedRows(call, x, perm);
}

// Weights of a layer that holds a matrix once for each vector of a row, along its diagonal. Above
// that, each vector has a layer of its own.
constexpr size_t kMostAlongDiagonal = size_t{1} << 18;

absl::StatusOr<Rows> MultipliedApart(const Call& call, const Rows& x, const Dense& dense,
                                     Shape shape) {
  const auto has_rows = BatchAxis(x.shape).has_value();
  const Shape row = {1, static_cast<int64_t>(dense.inputs)};
  std::vector<Rows> products;
  for (size_t first = 0; first < x.width(); first += dense.inputs) {
    HILLOCK_ASSIGN_OR_RETURN(
        const Rows part,
        PickedRows(call, x, row, has_rows ? std::optional<size_t>(0) : std::nullopt,
                   [&](size_t i) { return first + i; }));
    HILLOCK_RETURN_IF_ERROR(call.budget.Take(dense.weights.size(), sizeof(float)));
    Shape product = part.shape;
    product.back() = static_cast<int64_t>(dense.outputs);
    products.push_back(call.graph.AddDense(part, dense, std::move(product)));
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows joined, Joined(call, products, 1));
  return WithShape(std::move(joined), std::move(shape));
}

// x [..., k] times W [k, n] or [k].
absl::StatusOr<Rows> TimesMatrix(const Call& call, const Rows& x, Tensor weights, bool transposed,
                                 std::string_view name) {
  const bool is_vector = weights.shape.size() == 1;
  if (is_vector) weights.shape.push_back(1);
  HILLOCK_ASSIGN_OR_RETURN(Dense dense, DenseOf(call, std::move(weights), transposed, name));
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Multiplied(call, x, std::move(dense)));
  if (is_vector) y.shape.pop_back();
  return y;
}

// W [m, k] times x [..., k, n] or [k]: the same as x^T W^T, transposed again.
absl::StatusOr<Rows> MatrixTimes(const Call& call, Tensor weights, const Rows& x,
                                 std::string_view name) {
  if (x.shape.size() == 1) return TimesMatrix(call, x, std::move(weights), true, name);
  const bool is_vector = weights.shape.size() == 1;
  if (is_vector) weights.shape.insert(weights.shape.begin(), 1);
  HILLOCK_ASSIGN_OR_RETURN(const Rows turned, LastTwoExchanged(call, x));
  HILLOCK_ASSIGN_OR_RETURN(const Rows y, TimesMatrix(call, turned, std::move(weights), true, name));
  HILLOCK_ASSIGN_OR_RETURN(Rows back, LastTwoExchanged(call, y));
  if (is_vector) back.shape.erase(back.shape.end() - 2);
  return back;
}

// a [..., i, k] times b [..., k, j], both of the rows: products of all pairs, added up over k.
absl::StatusOr<Rows> TimesRows(const Call& call, Rows a, Rows b) {
  if (a.shape.empty() || b.shape.empty()) return absl::InvalidArgumentError("multiplies a number");
  const bool a_vector = a.shape.size() == 1;
  const bool b_vector = b.shape.size() == 1;
  if (a_vector) a.shape.insert(a.shape.begin(), 1);
  if (b_vector) b.shape.push_back(1);
  const auto rows_in_product = [](const Rows& x) {
    return std::ranges::any_of(x.shape.end() - 2, x.shape.end(), IsBatch);
  };
  if (rows_in_product(a) && rows_in_product(b)) {
    return absl::UnimplementedError("multiplies rows with rows");
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows turned, LastTwoExchanged(call, b));
  a.shape.insert(a.shape.end() - 1, 1);            // [..., i, 1, k]
  turned.shape.insert(turned.shape.end() - 2, 1);  // [..., 1, j, k]
  HILLOCK_ASSIGN_OR_RETURN(const Shape both, Broadcast(a.shape, turned.shape));
  HILLOCK_RETURN_IF_ERROR(ElementCount(RowShape(both)).status());
  HILLOCK_ASSIGN_OR_RETURN(const Rows products, Multiply(call, a, turned));
  HILLOCK_ASSIGN_OR_RETURN(
      Rows sum, Reduced(call, products, "sum", {products.shape.size() - 1}, products.type));
  sum.shape.pop_back();
  if (b_vector) sum.shape.pop_back();
  if (a_vector) sum.shape.erase(sum.shape.end() - (b_vector ? 1 : 2));
  return sum;
}

// Several matrices that differ; leading axes of 1 do not count.
bool IsStack(const Tensor& weights) {
  return weights.shape.size() > 2 && std::any_of(weights.shape.begin(), weights.shape.end() - 2,
                                                 [](int64_t size) { return size != 1; });
}

absl::StatusOr<Tensor> TransposedTensor(Tensor tensor) {
  HILLOCK_ASSIGN_OR_RETURN(tensor, MatrixOf(std::move(tensor)));
  if (tensor.shape.size() != 2) return absl::InvalidArgumentError("transposes a vector");
  tensor.floats = Transposed(tensor.floats, static_cast<size_t>(tensor.shape[0]),
                             static_cast<size_t>(tensor.shape[1]));
  std::swap(tensor.shape[0], tensor.shape[1]);
  return tensor;
}

Outcome Gemm(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Product(call, call.node.Integer("transA", 0) != 0,
                                           call.node.Integer("transB", 0) != 0));
  const double alpha = call.node.Real("alpha", 1);
  if (alpha != 1) y = Mapped(y, {{alpha}, {0}});
  const double beta = call.node.Real("beta", 1);
  if (!call.Has(2) || beta == 0) return y;
  HILLOCK_ASSIGN_OR_RETURN(const Rows c, call.AnyRowsAt(2));
  HILLOCK_ASSIGN_OR_RETURN(y, Add(call, y, beta == 1 ? c : Mapped(c, {{beta}, {0}})));
  return y;
}

// Of two constants: weights that a file keeps as a product.
Outcome ConstantProduct(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Tensor a, call.TensorAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Tensor b, call.TensorAt(1));
  const bool a_vector = a.shape.size() == 1;
  const bool b_vector = b.shape.size() == 1;
  if (a_vector) a.shape.insert(a.shape.begin(), 1);
  if (b_vector) b.shape.push_back(1);
  HILLOCK_ASSIGN_OR_RETURN(a, MatrixOf(std::move(a)));
  HILLOCK_ASSIGN_OR_RETURN(b, MatrixOf(std::move(b)));
  if (a.shape[1] != b.shape[0]) {
    return absl::InvalidArgumentError(
        fmt::format("multiplies shapes {} and {}", ShapeText(a.shape), ShapeText(b.shape)));
  }
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount({a.shape[0], b.shape[1]}));
  HILLOCK_ASSIGN_OR_RETURN(const size_t steps, ElementCount({a.shape[0], a.shape[1], b.shape[1]}));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(float)));
  call.budget.Spend(steps);
  HILLOCK_RETURN_IF_ERROR(call.budget.CheckSteps());
  const auto inner = static_cast<size_t>(a.shape[1]);
  const auto columns = static_cast<size_t>(b.shape[1]);
  Tensor product;
  if (!a_vector) product.shape.push_back(a.shape[0]);
  if (!b_vector) product.shape.push_back(b.shape[1]);
  for (size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (size_t k = 0; k < inner; ++k) {
      sum +=
          double{a.floats[i / columns * inner + k]} * double{b.floats[k * columns + i % columns]};
    }
    product.floats.push_back(static_cast<float>(sum));
  }
  return ValueOf(std::move(product));
}

Outcome MatMul(const Call& call) {
  if (call.IsConstant()) return ConstantProduct(call);
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Product(call, false, false));
  return y;
}

constexpr OperatorRow kRows[] = {
    {"", "Gemm", Gemm},
    {"", "MatMul", MatMul},
};

}  // namespace

absl::StatusOr<Dense> DenseOf(const Call& call, Tensor weights, bool transposed,
                              std::string_view name) {
  HILLOCK_ASSIGN_OR_RETURN(weights, MatrixOf(std::move(weights)));
  const auto rows = static_cast<size_t>(weights.shape[0]);
  const auto cols = static_cast<size_t>(weights.shape[1]);
  Dense dense{LayerName(call.node, name), transposed ? cols : rows, transposed ? rows : cols, {}};
  dense.weights = transposed ? std::move(weights.floats) : Transposed(weights.floats, rows, cols);
  return dense;
}

absl::StatusOr<Rows> Product(const Call& call, bool transpose_a, bool transpose_b) {
  if (!call.IsRows(0) && !call.IsRows(1)) {
    return absl::UnimplementedError("multiplies constant matrices");
  }
  if (call.IsRows(0) && call.IsRows(1)) {
    HILLOCK_ASSIGN_OR_RETURN(Rows a, call.RowsAt(0));
    HILLOCK_ASSIGN_OR_RETURN(Rows b, call.RowsAt(1));
    if (transpose_a) {
      HILLOCK_ASSIGN_OR_RETURN(a, LastTwoExchanged(call, a));
    }
    if (transpose_b) {
      HILLOCK_ASSIGN_OR_RETURN(b, LastTwoExchanged(call, b));
    }
    return TimesRows(call, std::move(a), std::move(b));
  }
  const size_t at = call.IsRows(0) ? 0 : 1;
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(at));
  HILLOCK_ASSIGN_OR_RETURN(Tensor weights, call.TensorAt(1 - at));
  const std::string_view name = call.node.input(1 - at);
  if (at == 0 ? transpose_a : transpose_b) {
    HILLOCK_ASSIGN_OR_RETURN(x, LastTwoExchanged(call, x));
  }
  if (IsStack(weights) && !transpose_a && !transpose_b) {
    return TimesStack(call, x, weights, at == 1);
  }
  if (at == 0) return TimesMatrix(call, x, std::move(weights), transpose_b, name);
  if (transpose_a) {
    HILLOCK_ASSIGN_OR_RETURN(weights, TransposedTensor(std::move(weights)));
  }
  return MatrixTimes(call, std::move(weights), x, name);
}

// Where a row is several vectors, each is multiplied: one layer with the weights once for each of
// them, along its diagonal.
absl::StatusOr<Rows> Multiplied(const Call& call, const Rows& x, Dense dense) {
  const auto refused = [&] {
    return absl::InvalidArgumentError(fmt::format("has weights for {} values, got rows of shape {}",
                                                  dense.inputs, ShapeText(x.shape)));
  };
  if (x.shape.empty() || dense.inputs == 0) return refused();
  if (IsBatch(x.shape.back())) return absl::UnimplementedError("multiplies across the rows");
  if (static_cast<size_t>(x.shape.back()) != dense.inputs) return refused();
  Shape shape = x.shape;
  shape.back() = static_cast<int64_t>(dense.outputs);
  const size_t vectors = x.width() / dense.inputs;
  if (vectors == 1) return call.graph.AddDense(x, std::move(dense), std::move(shape));
  HILLOCK_ASSIGN_OR_RETURN(const size_t count,
                           ElementCount({static_cast<int64_t>(vectors * dense.outputs),
                                         static_cast<int64_t>(x.width())}));
  if (count > kMostAlongDiagonal) return MultipliedApart(call, x, dense, std::move(shape));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(count, sizeof(float)));
  Dense all{dense.name, vectors * dense.inputs, vectors * dense.outputs, std::vector<float>(count)};
  for (size_t v = 0; v < vectors; ++v) {
    for (size_t o = 0; o < dense.outputs; ++o) {
      const auto* const from = dense.weights.data() + o * dense.inputs;
      float* const to =
          all.weights.data() + (v * dense.outputs + o) * all.inputs + v * dense.inputs;
      std::copy(from, from + dense.inputs, to);
    }
  }
  return call.graph.AddDense(x, std::move(all), std::move(shape));
}

std::span<const OperatorRow> DenseOperators() { return kRows; }

}  // namespace hillock::onnx
