// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/scale.h"

#include <algorithm>

#include "server/core/kernel/instruction_sets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/core/kernel/row/scale.cc"
#include <hwy/foreach_target.h>  // must come before highway.h

// clang-format off
#include <hwy/highway.h>
#include "server/core/activation/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::row::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace table = hillock::activation::HWY_NAMESPACE;

void ScaleRow(const float* scale, const float* shift, const float* src, float* dst, size_t cols) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < cols; i += lanes) {
    const size_t count = std::min(lanes, cols - i);
    const auto y =
        hn::MulAdd(table::LoadPart(d, src + i, count), table::LoadPart(d, scale + i, count),
                   table::LoadPart(d, shift + i, count));
    table::StorePart(d, y, dst + i, count);
  }
}

}  // namespace hillock::kernel::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hillock::kernel::row {

HWY_EXPORT(ScaleRow);

Scale::Scale(std::span<const float> scale, std::span<const float> shift)
    : scale_(scale.begin(), scale.end()), shift_(shift.begin(), shift.end()) {}

void Scale::Run(Sources sources, float* dst, size_t rows) const noexcept {
  const size_t cols = scale_.size();
  for (size_t r = 0; r < rows; ++r) {
    HWY_DYNAMIC_DISPATCH(ScaleRow)
    (scale_.data(), shift_.data(), sources[0] + r * cols, dst + r * cols, cols);
  }
}

}  // namespace hillock::kernel::row
#endif  // HWY_ONCE
