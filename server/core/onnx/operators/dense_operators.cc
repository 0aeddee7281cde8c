#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

// The layer's name: that of its weights in PyTorch ("net.0" of "net.0.weight"), else the node's.
std::string LayerName(const NodeView& node, std::string_view weights) {
  constexpr std::string_view kWeight = ".weight";
  const bool is_torch = weights.size() > kWeight.size() && weights.ends_with(kWeight);
  return std::string(is_torch ? weights.substr(0, weights.size() - kWeight.size()) : node.name);
}

absl::Status CheckWeights(const Rows& x, const Tensor& weights, size_t inputs) {
  if (weights.kind == Tensor::Kind::kFloats && inputs == x.width() && weights.size() > 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(fmt::format("has weights of shape {} for rows of {} values",
                                                ShapeText(weights.shape), x.width()));
}

// beta * C added to the rows.
absl::StatusOr<Rows> AddBias(const Call& call, const Rows& y, const Tensor& c, double beta) {
  HILLOCK_ASSIGN_OR_RETURN(std::vector<double> bias, Spread(call, c, y.dims));
  for (double& value : bias) value *= beta;
  return Mapped(y, {{1}, std::move(bias)});
}

absl::StatusOr<GraphValue> Gemm(const Call& call) {
  if (call.node.Integer("transA", 0) != 0) {
    return absl::UnimplementedError("transposes the rows (transA)");
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, VectorsAt(call, 0));
  HILLOCK_ASSIGN_OR_RETURN(Tensor weights, call.TensorAt(1));
  const bool transposed = call.node.Integer("transB", 0) != 0;
  HILLOCK_ASSIGN_OR_RETURN(Dense dense, MakeDense(call, x, std::move(weights), transposed));
  Rows y = call.tree.AddDense(x, std::move(dense));
  const double alpha = call.node.Real("alpha", 1);
  if (alpha != 1) y = Mapped(y, {{alpha}, {0}});
  if (!call.Has(2)) return y;
  HILLOCK_ASSIGN_OR_RETURN(const Tensor c, call.TensorAt(2));
  HILLOCK_ASSIGN_OR_RETURN(y, AddBias(call, y, c, call.node.Real("beta", 1)));
  return y;
}

absl::StatusOr<GraphValue> MatMul(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, VectorsAt(call, 0));
  HILLOCK_ASSIGN_OR_RETURN(Tensor weights, call.TensorAt(1));
  const bool is_vector = weights.shape.size() == 1;
  if (is_vector) weights.shape.push_back(1);
  HILLOCK_ASSIGN_OR_RETURN(Dense dense, MakeDense(call, x, std::move(weights), false));
  Rows y = call.tree.AddDense(x, std::move(dense));
  if (is_vector) y.dims.pop_back();
  return y;
}

constexpr OperatorRow kRows[] = {
    {"", "Gemm", Gemm},
    {"", "MatMul", MatMul},
};

}  // namespace

absl::StatusOr<Rows> VectorsAt(const Call& call, size_t input) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(input));
  if (!x.dims.empty() && static_cast<size_t>(x.dims.back()) == x.width()) return x;
  return absl::UnimplementedError(
      fmt::format("multiplies rows of shape {}, want a vector a row", ShapeText(x.dims)));
}

absl::StatusOr<Dense> MakeDense(const Call& call, const Rows& x, Tensor weights, bool transposed) {
  if (weights.shape.size() != 2) {
    return absl::UnimplementedError(
        fmt::format("has weights of shape {}, want two axes", ShapeText(weights.shape)));
  }
  const auto rows = static_cast<size_t>(weights.shape[0]);
  const auto cols = static_cast<size_t>(weights.shape[1]);
  Dense dense{LayerName(call.node, call.node.input(1)),
              transposed ? cols : rows,
              transposed ? rows : cols,
              {}};
  HILLOCK_RETURN_IF_ERROR(CheckWeights(x, weights, dense.inputs));
  dense.weights = transposed ? std::move(weights.floats) : Transposed(weights.floats, rows, cols);
  return dense;
}

std::span<const OperatorRow> DenseOperators() { return kRows; }

}  // namespace hillock::onnx
