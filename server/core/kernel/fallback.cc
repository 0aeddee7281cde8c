// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/fallback.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "server/core/base/background_thread.h"
#include "server/core/kernel/instruction_sets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/core/kernel/fallback.cc"
#include <hwy/foreach_target.h>  // must come before highway.h

// clang-format off
#include <hwy/highway.h>
#include "server/core/activation/table-inl.h"
#include "server/core/kernel/dense-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::fallback::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using activation::kMaxParams;
using activation::Params;
using activation::Scope;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// f over n contiguous elements. Full vectors and the tail go through the same code.
template <class A>
void Elements(const Params& params, const float* src, float* dst, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V p[kMaxParams] = {hn::Set(d, params[0]), hn::Set(d, params[1])};
  for (size_t i = 0; i < n; i += lanes) {
    const size_t count = std::min(lanes, n - i);
    table::StorePart(d, A::Apply(d, table::LoadPart(d, src + i, count), p), dst + i, count);
  }
}

template <class A>
void Units(const Params& params, const float* slopes, const float* src, float* dst, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < n; i += lanes) {
    const size_t count = std::min(lanes, n - i);
    const V p[kMaxParams] = {table::LoadPart(d, slopes + i, count), hn::Set(d, params[1])};
    table::StorePart(d, A::Apply(d, table::LoadPart(d, src + i, count), p), dst + i, count);
  }
}

template <class A>
void Tile(const Params& params, const float* slopes, const float* src, float* dst, size_t rows,
          size_t cols) {
  if constexpr (A::kSpec.scope == Scope::kElementwise) {
    Elements<A>(params, src, dst, rows * cols);
  } else {
    for (size_t r = 0; r < rows; ++r) {
      if constexpr (A::kSpec.scope == Scope::kPerUnit) {
        Units<A>(params, slopes, src + r * cols, dst + r * cols, cols);
      } else {
        A::ApplyRow(D(), src + r * cols, dst + r * cols, cols);
      }
    }
  }
}

template <class... A>
// One tile function a row of the table, in its order: an index finds it without a search.
ActivationFn Pick(size_t index, table::TypeList<A...>) {
  constexpr ActivationFn kTiles[] = {&Tile<A>...};
  return kTiles[index];
}

ActivationFn ActivationAt(size_t index) { return Pick(index, table::All()); }

// Bytes, because a pointer to floats that are not aligned must not be read.
size_t NonFinite(const uint8_t* bytes, size_t n) {
  size_t i = 0;
#if HWY_TARGET != HWY_SCALAR  // where a vector of floats cannot be one of bytes
  const D d;
  const hn::Repartition<uint8_t, D> d8;
  const size_t lanes = hn::Lanes(d);
  for (; i + lanes <= n; i += lanes) {
    const V values = hn::BitCast(d, hn::LoadU(d8, bytes + i * sizeof(float)));
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::IsFinite(values)))) break;
  }
#endif
  for (; i < n; ++i) {
    float value;
    std::memcpy(&value, bytes + i * sizeof value, sizeof value);
    // So written, the comparison is false for NaN as well.
    if (!(std::abs(value) <= 3.4028234e38f)) break;
  }
  return i;
}

void NormalizeRow(const float* offset, const float* scale, const float* src, float* dst,
                  size_t cols) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < cols; i += lanes) {
    const size_t count = std::min(lanes, cols - i);
    const V centred =
        hn::Sub(table::LoadPart(d, src + i, count), table::LoadPart(d, offset + i, count));
    const V scaled = hn::Mul(centred, table::LoadPart(d, scale + i, count));
    table::StorePart(d, scaled, dst + i, count);
  }
}

// The upper 16 bits, rounded to nearest, ties to even: adding 0x7fff and the lowest kept bit
// carries into the kept bits exactly when they have to rise. In a NaN the carry could reach the
// sign. So its quiet bit is set instead, which keeps it a NaN whatever its lower bits are.
template <class DU>
hn::Vec<DU> RoundedHalf(DU du, hn::Vec<DU> bits) {
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
  const auto rounded = hn::Add(hn::Add(bits, hn::Set(du, 0x7fff)), odd);
  const auto quiet = hn::Or(bits, hn::Set(du, 0x400000));
  const auto is_nan = hn::Gt(hn::And(bits, hn::Set(du, 0x7fffffff)), hn::Set(du, 0x7f800000));
  return hn::ShiftRight<16>(hn::IfThenElse(is_nan, quiet, rounded));
}

void ToBf16(const float* src, uint16_t* dst, size_t n) {
  const D d;
  const hn::RebindToUnsigned<D> du;
  const hn::Rebind<uint16_t, D> half;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto bits = RoundedHalf(du, hn::BitCast(du, hn::LoadU(d, src + i)));
    hn::StoreU(hn::TruncateTo(half, bits), half, dst + i);
  }
  if (i == n) return;
  alignas(64) uint32_t rest[HWY_MAX_BYTES / sizeof(uint32_t)];
  hn::Store(RoundedHalf(du, hn::BitCast(du, table::LoadPart(d, src + i, n - i))), du, rest);
  for (size_t lane = 0; i < n; ++i, ++lane) dst[i] = static_cast<uint16_t>(rest[lane]);
}

std::string_view TargetName() { return hwy::TargetName(HWY_TARGET); }

}  // namespace hillock::kernel::fallback::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hillock::kernel::fallback {

HWY_EXPORT(ActivationAt);
HWY_EXPORT(DenseRows);
HWY_EXPORT(NonFinite);
HWY_EXPORT(NormalizeRow);
HWY_EXPORT(ToBf16);
HWY_EXPORT(TargetName);

ActivationFn FindActivation(const activation::Spec& spec) {
  return HWY_DYNAMIC_DISPATCH(ActivationAt)(spec.index);
}

Dense::Dense(size_t inputs, size_t outputs, std::span<const float> weights,
             std::span<const float> bias)
    : inputs_(inputs),
      outputs_(outputs),
      weights_((outputs + kPanel - 1) / kPanel * kPanel * inputs),
      bias_((outputs + kPanel - 1) / kPanel * kPanel) {
  // Panel by panel, [panel][inputs][kPanel], as the kernel reads them. Both buffers begin as zeros,
  // so units beyond the last add nothing.
  std::ranges::copy(bias, bias_.data());
  for (size_t o = 0; o < outputs; ++o) {
    if (o % kPanel == 0) YieldIfContended();
    float* const panel = weights_.data() + o / kPanel * kPanel * inputs;
    for (size_t i = 0; i < inputs; ++i) panel[i * kPanel + o % kPanel] = weights[o * inputs + i];
  }
}

void Dense::Run(const float* src, float* dst, size_t rows) const noexcept {
  RunTile({0, outputs_}, src, dst, rows);
}

void Dense::RunTile(const OutputTile& tile, const float* src, float* dst,
                    size_t rows) const noexcept {
  const PackedDense layer{inputs_, outputs_, weights_.data(), bias_.data()};
  HWY_DYNAMIC_DISPATCH(DenseRows)(layer, tile, src, dst, rows);
}

size_t FirstNonFinite(const void* values, size_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(NonFinite)(static_cast<const uint8_t*>(values), n);
}

void Normalize(const float* offset, const float* scale, const float* src, float* dst, size_t rows,
               size_t cols) noexcept {
  for (size_t r = 0; r < rows; ++r) {
    HWY_DYNAMIC_DISPATCH(NormalizeRow)(offset, scale, src + r * cols, dst + r * cols, cols);
  }
}

void RoundToBf16(const float* src, uint16_t* dst, size_t n) noexcept {
  HWY_DYNAMIC_DISPATCH(ToBf16)(src, dst, n);
}

std::string_view InstructionSet() { return HWY_DYNAMIC_DISPATCH(TargetName)(); }

}  // namespace hillock::kernel::fallback
#endif  // HWY_ONCE
