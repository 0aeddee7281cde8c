// SPDX-License-Identifier: Apache-2.0

// What several operators share.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_ROWS_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

inline constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

// The rows that `x` becomes by scaling and shifting; both have one number, or one for each column.
Rows Mapped(const Rows& x, const ScaleShift& map);

// `x` in a shape that it is broadcast to. One that is the same in all columns stays one number.
absl::StatusOr<Rows> Expanded(const Call& call, const Rows& x, const Shape& shape);

// The numbers of a constant, one for each column of rows of this shape, or a single one that stands
// for all. UNIMPLEMENTED when it is not broadcast to that shape.
absl::StatusOr<std::vector<double>> Spread(const Call& call, const Tensor& tensor,
                                           const Shape& shape);

// An elementwise operator over rows of one shape, or of one column that stands for all, or
// constants: a part of an activation where all depend on one base, else a layer.
absl::StatusOr<Rows> Apply(const Call& call, const Primitive& primitive,
                           std::vector<Rows> operands);
absl::StatusOr<Rows> Apply(const Call& call, std::string_view op, std::vector<Rows> operands);

// A function of a row operation, always as a layer.
absl::StatusOr<Rows> Combined(const Call& call, std::string_view function,
                              std::vector<Rows> operands, DataType type);

// An activation of each element.
absl::StatusOr<Rows> Activated(const Call& call, const Rows& x, const activation::Spec& spec,
                               const activation::Params& params, std::vector<double> slopes = {});
absl::StatusOr<Rows> Activated(const Call& call, const Rows& x, std::string_view activation);

// The activation that a node's operator names, or null, and its parameters.
const activation::Spec* FindActivation(const NodeView& node);

// +, -, * and / with everything that can be scale and shift.
absl::StatusOr<Rows> Add(const Call& call, const Rows& a, const Rows& b, double sign = 1);
absl::StatusOr<Rows> Multiply(const Call& call, const Rows& a, const Rows& b);
absl::StatusOr<Rows> Divide(const Call& call, const Rows& a, const Rows& b);

// Input number `input`, constant or rows, of which element from(i) becomes element i of a tensor of
// `row_shape`; that counts the axis of the rows, which is `batch`, as one.
Outcome Picked(const Call& call, size_t input, const Shape& row_shape, std::optional<size_t> batch,
               const std::function<size_t(size_t)>& from);

// The same of rows.
absl::StatusOr<Rows> PickedRows(const Call& call, const Rows& x, const Shape& row_shape,
                                std::optional<size_t> batch,
                                const std::function<size_t(size_t)>& from);

// With its axes in another order.
absl::StatusOr<Rows> TransposedRows(const Call& call, const Rows& x, const Shape& perm);

// The parts one after the other along an axis.
absl::StatusOr<Rows> Joined(const Call& call, const std::vector<Rows>& parts, size_t axis);

// For each index in x, `size` columns: `on` at the index, `off` elsewhere. Where it wraps, negative
// ones count from the end.
absl::StatusOr<Rows> OneHotOf(const Call& call, const Rows& x, size_t size, bool wraps, float off,
                              float on);

// Softmax or another row function over an axis.
absl::StatusOr<Rows> OverAxis(const Call& call, const Rows& x, const activation::Spec& spec,
                              size_t axis, size_t axes = 1);

// Reduces axes to 1 each, by the name of a model::Reduction.
absl::StatusOr<Rows> Reduced(const Call& call, const Rows& x, std::string_view reduction,
                             const std::vector<size_t>& axes, DataType type);

// x as [..., inputs] times the weights [outputs][inputs]: [..., outputs].
absl::StatusOr<Rows> Multiplied(const Call& call, const Rows& x, Dense dense);

// `shape` without or with axes, or another of as many elements.
Rows WithShape(Rows rows, Shape shape);
absl::StatusOr<Rows> ReshapedRows(const Call& call, const Rows& x, Shape wanted, bool zero_copies);

// The floats of an attribute; none when it is not there.
absl::StatusOr<std::vector<float>> Reals(const NodeView& node, std::string_view name);

// The classes that a node of ai.onnx.ml names, as numbers or codes of strings, with their type, and
// as text for people.
struct Classes {
  std::vector<double> values;
  std::vector<std::string> names;
  DataType type = DataType::kInt64;
};
absl::StatusOr<Classes> ClassesOf(const Call& call);

// The entry of `classes` at each position that x holds; unsupported where one is no exact float.
GraphValue ClassAt(const Call& call, const Rows& x, const Classes& classes);

// Input 0 as it is.
Outcome PassThrough(const Call& call);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_ROWS_H_
