// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_NORMALIZE_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_NORMALIZE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "server/core/kernel/row/sources.h"

namespace hillock::kernel::row {

// Of each group of columns, with the mean and the variance of them:
//   centered:  y = (x - mean) / sqrt(variance + epsilon) * scale + shift
//   else:      y = x / sqrt(mean of squares + epsilon) * scale + shift
// Mean and variance are in double, of the differences to the group's first element, so that they
// are exact also where the mean is far larger than the deviations.
class Normalize {
 public:
  struct Form {
    bool centered;
    float epsilon;
    size_t group;  // divides the columns
  };

  // scale, shift: [columns], or empty: all 1, all 0.
  Normalize(const Form& form, size_t columns, std::span<const float> scale,
            std::span<const float> shift);

  void Run(Sources sources, float* dst, size_t rows) const noexcept;
  size_t bytes() const { return 2 * scale_.size() * sizeof(float); }

 private:
  Form form_;
  std::vector<float> scale_;
  std::vector<float> shift_;
};

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_NORMALIZE_H_
