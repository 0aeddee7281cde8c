// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_DYNAMIC_QUANTIZE_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_DYNAMIC_QUANTIZE_H_

#include <cstddef>

#include "server/core/kernel/row/sources.h"

namespace hillock::kernel::row {

// x on the grid of its request, see model::DynamicQuantize: the one kernel whose elements depend on
// other rows. A run is given all rows of one request.
class DynamicQuantize {
 public:
  explicit DynamicQuantize(size_t cols) : cols_(cols) {}

  void Run(Sources sources, float* dst, size_t rows) const noexcept;
  size_t bytes() const { return 0; }

 private:
  size_t cols_;
};

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_DYNAMIC_QUANTIZE_H_
