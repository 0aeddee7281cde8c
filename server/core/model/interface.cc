// SPDX-License-Identifier: Apache-2.0
#include "server/core/model/interface.h"

#include <algorithm>
#include <utility>

namespace hillock::model {

TensorShape WithRows(const TensorShape& shape, size_t rows) {
  TensorShape sizes = shape;
  for (int64_t& size : sizes) {
    if (size < 0) size = -size * static_cast<int64_t>(rows);
  }
  return sizes;
}

bool HasRows(const TensorShape& shape) {
  return std::ranges::any_of(shape, [](int64_t size) { return size < 0; });
}

Input FlatInput(std::string name, size_t width) {
  return {.name = std::move(name), .shape = {-1, static_cast<int64_t>(width)}, .width = width};
}

}  // namespace hillock::model
