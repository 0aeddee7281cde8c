// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_SCALE_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_SCALE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "server/core/kernel/row/sources.h"

namespace hillock::kernel::row {

// y[c] = scale[c] * x[c] + shift[c], rounded once where the CPU has a fused multiply-add.
class Scale {
 public:
  // As many floats each as the source has columns.
  Scale(std::span<const float> scale, std::span<const float> shift);

  void Run(Sources sources, float* dst, size_t rows) const noexcept;
  size_t bytes() const { return 2 * scale_.size() * sizeof(float); }

 private:
  std::vector<float> scale_;
  std::vector<float> shift_;
};

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_SCALE_H_
