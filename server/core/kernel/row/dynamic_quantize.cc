// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/dynamic_quantize.h"

#include <algorithm>
#include <cmath>

#include "server/core/kernel/instruction_sets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/core/kernel/row/dynamic_quantize.cc"
#include <hwy/foreach_target.h>  // must come before highway.h

// clang-format off
#include <hwy/highway.h>
#include "server/core/activation/math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::row::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace table = hillock::activation::HWY_NAMESPACE;

// The least and the largest of x and 0. NaN is passed over.
void RangeOf(const float* x, size_t n, float* low, float* high) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  auto least = hn::Zero(d);
  auto most = hn::Zero(d);
  for (size_t i = 0; i < n; i += lanes) {
    const auto v = table::LoadPart(d, x + i, std::min(lanes, n - i));
    const auto number = hn::IfThenElseZero(hn::Eq(v, v), v);
    least = hn::Min(least, number);
    most = hn::Max(most, number);
  }
  *low = hn::GetLane(hn::MinOfLanes(d, least));
  *high = hn::GetLane(hn::MaxOfLanes(d, most));
}

void ToGrid(float scale, float zero, const float* src, float* dst, size_t n) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const auto step = hn::Set(d, scale);
  const auto offset = hn::Set(d, zero);
  for (size_t i = 0; i < n; i += lanes) {
    const size_t count = std::min(lanes, n - i);
    const auto x = table::LoadPart(d, src + i, count);
    const auto q = hn::Add(hn::Round(hn::Div(x, step)), offset);
    const auto on_grid = hn::Mul(hn::Sub(table::Clamp(d, q, 0, 255), offset), step);
    table::StorePart(d, on_grid, dst + i, count);
  }
}

}  // namespace hillock::kernel::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hillock::kernel::row {

HWY_EXPORT(RangeOf);
HWY_EXPORT(ToGrid);

void DynamicQuantize::Run(Sources sources, float* dst, size_t rows) const noexcept {
  float low = 0;
  float high = 0;
  HWY_DYNAMIC_DISPATCH(RangeOf)(sources[0], rows * cols_, &low, &high);
  const float step = (high - low) / 255;
  const float scale = step == 0 ? 1 : step;
  const float zero = std::nearbyint(std::clamp(-low / scale, 0.0f, 255.0f));
  HWY_DYNAMIC_DISPATCH(ToGrid)(scale, zero, sources[0], dst, rows * cols_);
}

}  // namespace hillock::kernel::row
#endif  // HWY_ONCE
