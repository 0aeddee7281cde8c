#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

constexpr float kDefaultEpsilon = 1e-5f;

// One value a channel (the first axis of a row), repeated for the axes after it.
absl::StatusOr<std::vector<double>> ByChannel(const Call& call, size_t input, const Rows& x) {
  HILLOCK_ASSIGN_OR_RETURN(const Tensor tensor, call.TensorAt(input));
  const auto channels = x.dims.empty() ? size_t{1} : static_cast<size_t>(x.dims.front());
  if (tensor.kind != Tensor::Kind::kFloats || tensor.size() != channels) {
    return absl::InvalidArgumentError(fmt::format("input {} has {} floats, want {}, one a channel",
                                                  input, tensor.size(), channels));
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(x.width(), sizeof(double)));
  std::vector<double> values(x.width());
  const size_t inner = x.width() / channels;
  for (size_t i = 0; i < values.size(); ++i) values[i] = double{tensor.floats[i / inner]};
  return values;
}

// An attribute of floats as a vector of one, or one a value.
absl::StatusOr<std::vector<double>> ByColumn(const Call& call, std::string_view name, const Rows& x,
                                             double otherwise) {
  const AttributeView* const attribute = call.node.Find(name);
  if (attribute == nullptr) return std::vector<double>{otherwise};
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> floats, attribute->Reals());
  if (floats.size() != 1 && floats.size() != x.width()) {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} floats, want 1 or {}", name, floats.size(), x.width()));
  }
  return std::vector<double>(floats.begin(), floats.end());
}

absl::StatusOr<GraphValue> BatchNormalization(const Call& call) {
  if (call.node.Integer("training_mode", 0) != 0) {
    return absl::UnimplementedError("is in training mode");
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  ScaleShift map;
  HILLOCK_ASSIGN_OR_RETURN(map.scale, ByChannel(call, 1, x));
  HILLOCK_ASSIGN_OR_RETURN(map.shift, ByChannel(call, 2, x));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<double> mean, ByChannel(call, 3, x));
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<double> variance, ByChannel(call, 4, x));
  const double epsilon = call.node.Real("epsilon", kDefaultEpsilon);
  for (size_t i = 0; i < mean.size(); ++i) {
    map.scale[i] /= std::sqrt(variance[i] + epsilon);
    map.shift[i] -= mean[i] * map.scale[i];
  }
  return Mapped(x, map);
}

absl::StatusOr<GraphValue> Scaler(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(std::vector<double> offset, ByColumn(call, "offset", x, 0));
  HILLOCK_ASSIGN_OR_RETURN(std::vector<double> scale, ByColumn(call, "scale", x, 1));
  for (double& value : offset) value = -value;
  return Mapped(Mapped(x, {{1}, std::move(offset)}), {std::move(scale), {0}});
}

// Of what adds up to 1 already.
absl::StatusOr<GraphValue> Normalizer(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  if (call.node.Text("norm", "MAX") == "L1" && call.tree.SumsToOne(x)) return x;
  return absl::UnimplementedError(
      fmt::format("divides by the {} norm of each row", Excerpt(call.node.Text("norm", "MAX"))));
}

constexpr OperatorRow kRows[] = {
    {"", "BatchNormalization", BatchNormalization},
    {kMlDomain, "Scaler", Scaler},
    {kMlDomain, "Normalizer", Normalizer},
};

}  // namespace

std::span<const OperatorRow> NormalizationOperators() { return kRows; }

}  // namespace hillock::onnx
