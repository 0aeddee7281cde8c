// SPDX-License-Identifier: Apache-2.0

// With constants a normalization is scale and shift; over the row it is a layer.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/core/onnx/operators/normalization.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

constexpr float kDefaultEpsilon = 1e-5f;
constexpr double kSmallestNorm = 1e-38;  // a row of zeros stays one

// The channels of x, which are its second axis, and the columns after each.
struct Channels {
  size_t count = 1;
  size_t inner = 1;
};

Channels ChannelsOf(const Rows& x) {
  if (x.shape.size() < 2) return {x.width(), 1};
  const auto count = static_cast<size_t>(x.shape[1]);
  return {count, x.width() / count};
}

// One value a channel, repeated for the columns of it.
absl::StatusOr<std::vector<double>> ByChannel(const Call& call, size_t input, const Rows& x) {
  HILLOCK_ASSIGN_OR_RETURN(const Tensor tensor, call.TensorAt(input));
  const Channels channels = ChannelsOf(x);
  if (tensor.kind != Tensor::Kind::kFloats || tensor.size() != channels.count) {
    return absl::InvalidArgumentError(fmt::format("input {} has {} floats, want {}, one a channel",
                                                  input, tensor.size(), channels.count));
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(x.width(), sizeof(double)));
  std::vector<double> values(x.width());
  for (size_t i = 0; i < values.size(); ++i) values[i] = double{tensor.floats[i / channels.inner]};
  return values;
}

// An attribute of floats as a vector of one, or one a value.
absl::StatusOr<std::vector<double>> ByColumn(const Call& call, std::string_view name, const Rows& x,
                                             double otherwise) {
  HILLOCK_ASSIGN_OR_RETURN(const std::vector<float> floats, Reals(call.node, name));
  if (call.node.Find(name) == nullptr) return std::vector<double>{otherwise};
  if (floats.size() != 1 && floats.size() != x.width()) {
    return absl::InvalidArgumentError(
        fmt::format("{} has {} floats, want 1 or {}", name, floats.size(), x.width()));
  }
  return std::vector<double>(floats.begin(), floats.end());
}

Outcome BatchNormalization(const Call& call) {
  if (call.node.Integer("training_mode", 0) != 0) {
    return absl::UnimplementedError("is in training mode");
  }
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  if (x.shape.size() >= 2 && IsBatch(x.shape[1])) {
    return absl::UnimplementedError("normalizes the rows");
  }
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

Outcome Scaler(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(std::vector<double> offset, ByColumn(call, "offset", x, 0));
  HILLOCK_ASSIGN_OR_RETURN(std::vector<double> scale, ByColumn(call, "scale", x, 1));
  for (double& value : offset) value = -value;
  x.type = DataType::kFloat;
  return Mapped(Mapped(x, {{1}, std::move(offset)}), {std::move(scale), {0}});
}

absl::StatusOr<Rows> DividedByNorm(const Call& call, const Rows& x, std::string_view norm,
                                   size_t axis) {
  HILLOCK_ASSIGN_OR_RETURN(Rows size, Reduced(call, x, norm, {axis}, x.type));
  if (norm == "max") {  // which may be negative; rows whose largest element is 0 stay as they are
    const Rows zero = RowGraph::Constant({0}, {});
    const Rows one = RowGraph::Constant({1}, {});
    HILLOCK_ASSIGN_OR_RETURN(const Rows none,
                             Combined(call, "equal", {size, zero}, DataType::kBool));
    HILLOCK_ASSIGN_OR_RETURN(size, Combined(call, "where", {none, one, size}, x.type));
  } else {
    HILLOCK_ASSIGN_OR_RETURN(
        size, Combined(call, "max", {size, RowGraph::Constant({kSmallestNorm}, {})}, x.type));
  }
  return Divide(call, x, size);
}

// Of ai.onnx.ml; what adds up to 1 already stays as it is.
Outcome Normalizer(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  const std::string_view norm = call.node.Text("norm", "MAX");
  if (x.shape.empty()) return absl::InvalidArgumentError("divides a number by its norm");
  if (norm == "L1" && call.graph.SumsToOne(x)) return x;
  for (const auto& [name, reduction] :
       {std::pair("MAX", "max"), std::pair("L1", "l1"), std::pair("L2", "l2")}) {
    if (norm != name) continue;
    HILLOCK_ASSIGN_OR_RETURN(x, DividedByNorm(call, x, reduction, x.shape.size() - 1));
    return x;
  }
  return absl::UnimplementedError(fmt::format("divides by the norm '{}'", Excerpt(norm)));
}

Outcome LpNormalization(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const size_t axis,
                           FromFront(call.node.Integer("axis", -1), x.shape.size()));
  HILLOCK_ASSIGN_OR_RETURN(
      x, DividedByNorm(call, x, call.node.Integer("p", 2) == 1 ? "l1" : "l2", axis));
  return x;
}

// The columns from an axis to the last.
absl::StatusOr<size_t> GroupFrom(const Rows& x, int64_t axis) {
  HILLOCK_ASSIGN_OR_RETURN(const size_t first, FromFront(axis, x.shape.size()));
  const Shape group(x.shape.begin() + static_cast<std::ptrdiff_t>(first), x.shape.end());
  if (!BatchAxis(group)) return WidthOf(group);
  return absl::UnimplementedError("normalizes over the rows");
}

absl::StatusOr<Rows> LayerNormalized(const Call& call, const Rows& x, bool centered,
                                     const std::optional<Rows>& shift) {
  HILLOCK_ASSIGN_OR_RETURN(const size_t group, GroupFrom(x, call.node.Integer("axis", -1)));
  HILLOCK_ASSIGN_OR_RETURN(const auto scale, OptionalRows(call, 1));
  return Normalized(call, x, centered, call.node.Real("epsilon", kDefaultEpsilon), group, scale,
                    shift);
}

Outcome LayerNormalization(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const auto shift, OptionalRows(call, 2));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, LayerNormalized(call, x, true, shift));
  return rows;
}

Outcome RmsNormalization(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, LayerNormalized(call, x, false, std::nullopt));
  return rows;
}

// Of the last axes. The definition adds its epsilon to the root of the variance: so small that it
// only keeps a constant row at 0.
Outcome MeanVarianceNormalization(const Call& call) {
  constexpr float kEpsilon = 1e-18f;
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(auto axes, call.Integers(1, "axes"));
  if (!axes) axes = std::vector<int64_t>{0, 2, 3};
  const size_t rank = x.shape.size();
  for (int64_t& axis : *axes) {
    HILLOCK_ASSIGN_OR_RETURN(const size_t at, FromFront(axis, rank));
    axis = static_cast<int64_t>(at);
  }
  std::ranges::sort(*axes);
  for (size_t i = 0; i < axes->size(); ++i) {
    if ((*axes)[i] != static_cast<int64_t>(rank - axes->size() + i)) {
      return absl::UnimplementedError("normalizes over other axes than the last ones");
    }
  }
  HILLOCK_ASSIGN_OR_RETURN(
      const size_t group,
      GroupFrom(x, axes->empty() ? static_cast<int64_t>(rank) - 1 : axes->front()));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows,
                           Normalized(call, x, true, kEpsilon, group, std::nullopt, std::nullopt));
  return rows;
}

// One number a channel, or one a group of them, as rows of the shape of x without the rows.
absl::StatusOr<std::optional<Rows>> PerChannel(const Call& call, size_t input, const Rows& x) {
  HILLOCK_ASSIGN_OR_RETURN(const Tensor tensor, call.TensorAt(input));
  const Channels channels = ChannelsOf(x);
  if (tensor.kind != Tensor::Kind::kFloats || tensor.size() == 0 ||
      channels.count % tensor.size() != 0) {
    return absl::InvalidArgumentError(fmt::format("input {} has {} floats for {} channels", input,
                                                  tensor.size(), channels.count));
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(x.width(), sizeof(double)));
  const size_t each = x.width() / tensor.size();
  std::vector<double> values(x.width());
  for (size_t i = 0; i < values.size(); ++i) values[i] = double{tensor.floats[i / each]};
  return RowGraph::Constant(std::move(values), x.shape);
}

// Of channels in groups; an instance is a group of one channel.
Outcome GroupNormalization(const Call& call) {
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  const Channels channels = ChannelsOf(x);
  const auto all = static_cast<int64_t>(channels.count);
  const bool by_instance = call.node.op == "InstanceNormalization";
  const int64_t groups = by_instance ? all : call.node.Integer("num_groups", 1);
  if (BatchAxis(x.shape).value_or(0) != 0 || groups < 1 || all % groups != 0) {
    return absl::InvalidArgumentError(fmt::format("makes {} groups of {} channels", groups, all));
  }
  HILLOCK_ASSIGN_OR_RETURN(const auto scale, PerChannel(call, 1, x));
  HILLOCK_ASSIGN_OR_RETURN(const auto shift, PerChannel(call, 2, x));
  HILLOCK_ASSIGN_OR_RETURN(Rows rows,
                           Normalized(call, x, true, call.node.Real("epsilon", kDefaultEpsilon),
                                      x.width() / static_cast<size_t>(groups), scale, shift));
  return rows;
}

constexpr OperatorRow kRows[] = {
    {"", "BatchNormalization", BatchNormalization},
    {"", "LayerNormalization", LayerNormalization},
    {"", "RMSNormalization", RmsNormalization},
    {"", "SimplifiedLayerNormalization", RmsNormalization},
    {kMicrosoftDomain, "SimplifiedLayerNormalization", RmsNormalization},
    {"", "GroupNormalization", GroupNormalization},
    {"", "InstanceNormalization", GroupNormalization},
    {"", "MeanVarianceNormalization", MeanVarianceNormalization},
    {"", "LpNormalization", LpNormalization},
    {kMlDomain, "Scaler", Scaler},
    {kMlDomain, "Normalizer", Normalizer},
};

// The numbers of a constant, one for each column of x; none where all are `neutral`.
absl::StatusOr<std::vector<float>> Numbers(const Call& call, const std::optional<Rows>& constant,
                                           const Rows& x, double neutral) {
  std::vector<float> numbers;
  if (!constant) return numbers;
  HILLOCK_ASSIGN_OR_RETURN(const Rows expanded, Expanded(call, *constant, x.shape));
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(x.width(), sizeof(float)));
  bool neutral_only = true;
  for (size_t c = 0; c < x.width(); ++c) {
    numbers.push_back(static_cast<float>(expanded.value.map.shift_at(c)));
    neutral_only = neutral_only && double{numbers.back()} == neutral;
  }
  if (neutral_only) numbers.clear();
  return numbers;
}

}  // namespace

absl::StatusOr<std::optional<Rows>> OptionalRows(const Call& call, size_t input) {
  if (!call.Has(input)) return std::nullopt;
  HILLOCK_ASSIGN_OR_RETURN(Rows rows, call.AnyRowsAt(input));
  return rows;
}

absl::StatusOr<Rows> Normalized(const Call& call, const Rows& x, bool centered, float epsilon,
                                size_t group, const std::optional<Rows>& scale,
                                const std::optional<Rows>& shift) {
  const bool constant = (!scale || scale->is_constant()) && (!shift || shift->is_constant());
  if (!constant || x.is_constant()) {
    return absl::UnimplementedError("scales or shifts by what depends on the rows");
  }
  model::Normalize normalize{centered, epsilon, group, {}, {}};
  HILLOCK_ASSIGN_OR_RETURN(normalize.scale, Numbers(call, scale, x, 1));
  HILLOCK_ASSIGN_OR_RETURN(normalize.shift, Numbers(call, shift, x, 0));
  return call.graph.AddOperation(std::move(normalize), {x.value}, x.shape, x.type);
}

std::span<const OperatorRow> NormalizationOperators() { return kRows; }

}  // namespace hillock::onnx
