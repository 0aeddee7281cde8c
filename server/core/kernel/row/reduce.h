// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_REDUCE_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_REDUCE_H_

#include <cstddef>
#include <string_view>

#include "server/core/kernel/row/sources.h"

namespace hillock::kernel::row {

// y[g] = f(x[g * n], ..., x[g * n + n - 1]). Sums are in double: a few by turns, in an order that
// depends on n and the instruction set alone, and rounded to float once.
class Reduce {
 public:
  // Whether there is a reduction of that name.
  static bool Has(std::string_view reduction);

  // reduction: the name of a model::Reduction. width: of the source.
  // REQUIRES: Has(reduction), and outputs divides width.
  Reduce(std::string_view reduction, size_t width, size_t outputs);

  void Run(Sources sources, float* dst, size_t rows) const noexcept;
  size_t bytes() const { return 0; }

 private:
  double (*of_)(const float* x, size_t n);
  size_t outputs_;
  size_t n_;
};

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_REDUCE_H_
