// SPDX-License-Identifier: Apache-2.0

// Rules of ONNX about shapes and axes, shared by constants and rows.

#ifndef HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_SHAPES_H_
#define HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_SHAPES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/reading/messages.h"
#include "server/core/onnx/symbolic/tensor.h"

namespace hillock::onnx {

using Shape = std::vector<int64_t>;

// The axis of the rows, or none.
std::optional<size_t> BatchAxis(const Shape& shape);

// The shape of one row: the axis of the rows counts its times.
Shape RowShape(const Shape& shape);

// The elements of a row. REQUIRES: they can be counted.
size_t WidthOf(const Shape& shape);

// By axis: how far apart two neighbours along it are.
Shape Strides(const Shape& shape);

// The offset, by `strides`, of element number `index` of `shape`.
size_t Offset(const Shape& shape, const Shape& strides, size_t index);

// The shape that both are broadcast to; an axis of rows goes with one of 1 and of rows only.
absl::StatusOr<Shape> Broadcast(const Shape& a, const Shape& b);

// The strides of `from` when it is broadcast to `to`; neither has an axis of rows.
Shape BroadcastStrides(const Shape& from, const Shape& to);

// `axis`, counted from the front. INVALID_ARGUMENT when there is none such among `rank`.
absl::StatusOr<size_t> FromFront(int64_t axis, size_t rank);

// INVALID_ARGUMENT when `perm` does not name each axis of `shape` once.
absl::Status CheckPermutation(const Shape& perm, const Shape& shape);

// The shape that a Reshape of `from` to `wanted` gives; sizes may be kBatch. INVALID_ARGUMENT when
// the number of elements would change.
absl::StatusOr<Shape> Reshaped(const Shape& from, const Shape& wanted, bool zero_copies);

// The shape after Squeeze (all axes of size 1 when none are given) and Unsqueeze.
absl::StatusOr<Shape> Squeezed(const Shape& from, const std::optional<Shape>& axes);
absl::StatusOr<Shape> Unsqueezed(const Shape& from, const Shape& axes);

// The shape after Flatten: two sizes, split before `axis`.
absl::StatusOr<Shape> Flattened(const Shape& from, int64_t axis);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_SHAPES_H_
