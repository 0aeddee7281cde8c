// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/row/normalize.h"

#include <algorithm>
#include <cmath>

#include "server/core/kernel/instruction_sets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/core/kernel/row/normalize.cc"
#include <hwy/foreach_target.h>  // must come before highway.h

// clang-format off
#include <hwy/highway.h>
#include "server/core/kernel/row/sums-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::row::HWY_NAMESPACE {

struct Moments {
  double mean;
  double square;  // the mean of the squared deviations from it
};

// Sums of the differences to the first element and of their squares.
struct Sums {
  DoubleV off;
  DoubleV squares;
};

Moments MomentsOf(const float* x, size_t n) {
  const double first = x[0];
  const DoubleV start = hn::Set(Double(), first);
  Sums even{hn::Zero(Double()), hn::Zero(Double())};
  Sums odd = even;
  AddByTurns(x, n, first, even, odd, [&](Sums& sums, DoubleV v) {
    const DoubleV off = hn::Sub(v, start);
    sums.off = hn::Add(sums.off, off);
    sums.squares = hn::MulAdd(off, off, sums.squares);
  });
  const double part = 1 / static_cast<double>(n);
  const double off = TotalOf(even.off, odd.off) * part;
  const double square = TotalOf(even.squares, odd.squares) * part - off * off;
  return {first + off, square < 0 ? 0 : square};  // NaN stays
}

Moments SquaresOf(const float* x, size_t n) {
  const double sum = SumInDouble(x, n, [](DoubleV v) { return hn::Mul(v, v); });
  return {0, sum / static_cast<double>(n)};
}

// The mean is taken off in two floats: the first difference is exact where it is small beside the
// mean, and then the rounding of the mean would be seen.
void Write(const Moments& moments, float epsilon, const float* scale, const float* shift,
           const float* src, float* dst, size_t n) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const float rounded = static_cast<float>(moments.mean);
  const auto mean = hn::Set(d, rounded);
  const auto rest = hn::Set(d, static_cast<float>(moments.mean - double{rounded}));
  const auto factor =
      hn::Set(d, static_cast<float>(1 / std::sqrt(moments.square + double{epsilon})));
  for (size_t i = 0; i < n; i += lanes) {
    const size_t count = std::min(lanes, n - i);
    const auto off = hn::Sub(hn::Sub(table::LoadPart(d, src + i, count), mean), rest);
    const auto y = hn::MulAdd(hn::Mul(off, factor), table::LoadPart(d, scale + i, count),
                              table::LoadPart(d, shift + i, count));
    table::StorePart(d, y, dst + i, count);
  }
}

void NormalizeRow(const Normalize::Form& form, const float* scale, const float* shift,
                  const float* src, float* dst, size_t cols) {
  for (size_t i = 0; i < cols; i += form.group) {
    const Moments moments =
        form.centered ? MomentsOf(src + i, form.group) : SquaresOf(src + i, form.group);
    Write(moments, form.epsilon, scale + i, shift + i, src + i, dst + i, form.group);
  }
}

}  // namespace hillock::kernel::row::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hillock::kernel::row {
namespace {

HWY_EXPORT(NormalizeRow);

std::vector<float> OrAll(std::span<const float> given, size_t columns, float value) {
  return given.empty() ? std::vector<float>(columns, value)
                       : std::vector<float>(given.begin(), given.end());
}

}  // namespace

Normalize::Normalize(const Form& form, size_t columns, std::span<const float> scale,
                     std::span<const float> shift)
    : form_(form), scale_(OrAll(scale, columns, 1)), shift_(OrAll(shift, columns, 0)) {}

void Normalize::Run(Sources sources, float* dst, size_t rows) const noexcept {
  const size_t cols = scale_.size();
  for (size_t r = 0; r < rows; ++r) {
    HWY_DYNAMIC_DISPATCH(NormalizeRow)
    (form_, scale_.data(), shift_.data(), sources[0] + r * cols, dst + r * cols, cols);
  }
}

}  // namespace hillock::kernel::row
#endif  // HWY_ONCE
