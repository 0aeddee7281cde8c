// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_CONSTANT_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_CONSTANT_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "server/core/kernel/row/sources.h"

namespace hillock::kernel::row {

// y = the same in each row. There is no source.
class Constant {
 public:
  explicit Constant(std::span<const float> values) : values_(values.begin(), values.end()) {}

  void Run(Sources, float* dst, size_t rows) const noexcept {
    for (size_t r = 0; r < rows; ++r) std::ranges::copy(values_, dst + r * values_.size());
  }
  size_t bytes() const { return values_.size() * sizeof(float); }

 private:
  std::vector<float> values_;
};

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_CONSTANT_H_
