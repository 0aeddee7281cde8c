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
