// SPDX-License-Identifier: Apache-2.0

// Normalizations over a row, for the operators that contain one.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_NORMALIZATION_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_NORMALIZATION_H_

#include <cstddef>
#include <optional>

#include "server/core/base/status.h"
#include "server/core/onnx/symbolic/values.h"

namespace hillock::onnx {

// Normalizes each `group` columns, then scales and shifts all by constants that are broadcast to
// the shape of x.
absl::StatusOr<Rows> Normalized(const Call& call, const Rows& x, bool centered, float epsilon,
                                size_t group, const std::optional<Rows>& scale,
                                const std::optional<Rows>& shift);

// Input number `input` if it is there.
absl::StatusOr<std::optional<Rows>> OptionalRows(const Call& call, size_t input);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_NORMALIZATION_H_
