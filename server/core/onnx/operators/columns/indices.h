// SPDX-License-Identifier: Apache-2.0

// Indices of elements, for the operators that pick, cut, join or reorder them.

#ifndef HILLOCK_SERVER_CORE_ONNX_OPERATORS_COLUMNS_INDICES_H_
#define HILLOCK_SERVER_CORE_ONNX_OPERATORS_COLUMNS_INDICES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/onnx/symbolic/shapes.h"

namespace hillock::onnx {

// The index along each axis of element number `index` of a shape, and back.
std::vector<size_t> IndicesOf(const Shape& shape, size_t index);
size_t NumberOf(const Shape& shape, const std::vector<size_t>& indices);

// Element i of `to` is that of `from` whose index along each axis `move` makes of i's.
template <class Move>
std::function<size_t(size_t)> Moved(const Shape& from, const Shape& to, const Move& move) {
  return [from, to, move](size_t i) { return NumberOf(from, move(IndicesOf(to, i))); };
}

// UNIMPLEMENTED: "`what` along the rows".
absl::Status AcrossRows(std::string_view what);

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_OPERATORS_COLUMNS_INDICES_H_
