// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/operators/columns/indices.h"

#include <fmt/format.h>

namespace hillock::onnx {

std::vector<size_t> IndicesOf(const Shape& shape, size_t index) {
  std::vector<size_t> indices(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    const auto size = static_cast<size_t>(shape[axis]);
    indices[axis] = index % size;
    index /= size;
  }
  return indices;
}

size_t NumberOf(const Shape& shape, const std::vector<size_t>& indices) {
  size_t number = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    number = number * static_cast<size_t>(shape[axis]) + indices[axis];
  }
  return number;
}

absl::Status AcrossRows(std::string_view what) {
  return absl::UnimplementedError(fmt::format("{} along the rows", what));
}

}  // namespace hillock::onnx
