// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_COMBINE_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_COMBINE_H_

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "server/core/kernel/row/sources.h"

namespace hillock::kernel::row {

// y[i] = f(a[i], b[i], c[i]), with one to three sources as wide as the result, or of one element
// that stands for all columns. Arithmetic, comparisons, logic and rounding are exact to the last
// bit; the rest is as exact as the C++ library's functions of floats.
class Combine {
 public:
  static constexpr size_t kMaxArity = 3;

  struct Operands {
    std::array<const float*, kMaxArity> data;
    std::array<bool, kMaxArity> wide;  // as wide as the result
  };

  // Whether there is a function of that name.
  static bool Has(std::string_view function);

  // function: the name of a model::Function. widths: of the sources, as many as it takes.
  // REQUIRES: Has(function).
  Combine(std::string_view function, std::span<const size_t> widths, size_t outputs);

  void Run(Sources sources, float* dst, size_t rows) const noexcept;
  size_t bytes() const { return 0; }

 private:
  using Rows = void (*)(const Operands& x, float* dst, size_t rows, size_t cols);
  using Scalar = float (*)(float a, float b);

  void RunScalar(const Operands& x, float* dst, size_t rows) const noexcept;

  Rows rows_;      // null where there is no vector form
  Scalar scalar_;  // null where there is
  size_t arity_;
  size_t outputs_;
  std::array<bool, kMaxArity> wide_{};
};

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_COMBINE_H_
