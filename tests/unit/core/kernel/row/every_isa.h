// SPDX-License-Identifier: Apache-2.0

// What the tests of the row kernels share: each runs on every instruction set that the CPU has.

#ifndef HILLOCK_TESTS_UNIT_CORE_KERNEL_ROW_EVERY_ISA_H_
#define HILLOCK_TESTS_UNIT_CORE_KERNEL_ROW_EVERY_ISA_H_

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tests/conformance/isa.h"

namespace hillock::kernel::row {

// A test that runs under one instruction set.
class OnIsa : public ::testing::TestWithParam<testing::Isa> {
 protected:
  const testing::ScopedIsa isa_{GetParam()};
};

inline std::string IsaName(const ::testing::TestParamInfo<testing::Isa>& info) {
  return info.param.name;
}

// What a kernel makes of rows.
template <class Kernel>
std::vector<float> RunKernel(const Kernel& kernel, const std::vector<std::vector<float>>& sources,
                             size_t rows, size_t outputs) {
  std::vector<const float*> from;
  for (const auto& source : sources) from.push_back(source.data());
  std::vector<float> dst(rows * outputs, std::numeric_limits<float>::quiet_NaN());
  kernel.Run(from, dst.data(), rows);
  return dst;
}

// The same where the result takes the place of the first source, which is as wide.
template <class Kernel>
std::vector<float> RunInPlace(const Kernel& kernel, std::vector<std::vector<float>> sources,
                              size_t rows) {
  std::vector<const float*> from;
  for (const auto& source : sources) from.push_back(source.data());
  kernel.Run(from, sources[0].data(), rows);
  return sources[0];
}

// Whether `got` is `want`, or as near as so many spacings of floats; NaN is NaN.
inline bool IsNear(float got, double want, double spacings) {
  if (std::isnan(want)) return std::isnan(got);
  const float rounded = static_cast<float>(want);
  if (got == rounded) return true;
  const double spacing = std::max(std::abs(want) * 0x1p-23, 0x1p-149);
  return std::abs(double{got} - want) <= spacings * spacing;
}

}  // namespace hillock::kernel::row

#endif  // HILLOCK_TESTS_UNIT_CORE_KERNEL_ROW_EVERY_ISA_H_
