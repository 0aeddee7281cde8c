// The dense layer of the fallback backend, for every instruction set. Highway includes this file
// once for each, hence the unusual guard.

#ifndef HILLOCK_SERVER_KERNEL_DENSE_ONCE_
#define HILLOCK_SERVER_KERNEL_DENSE_ONCE_

#include <cstddef>

#include "server/kernel/pieces.h"

namespace hillock::kernel::fallback {

// Units whose weights lie side by side: two vectors of 512 bits, four of 256.
inline constexpr size_t kPanel = 32;
static_assert(kPieceStep % kPanel == 0);

struct PackedDense {
  size_t inputs;
  size_t outputs;
  const float* weights;  // [panel][inputs][kPanel], zero beyond the last output
  const float* bias;     // [panel][kPanel]
};

}  // namespace hillock::kernel::fallback

#endif  // HILLOCK_SERVER_KERNEL_DENSE_ONCE_

#if defined(HILLOCK_SERVER_KERNEL_DENSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HILLOCK_SERVER_KERNEL_DENSE_INL_H_
#undef HILLOCK_SERVER_KERNEL_DENSE_INL_H_
#else
#define HILLOCK_SERVER_KERNEL_DENSE_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>

#include "server/activation/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::fallback::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace table = hillock::activation::HWY_NAMESPACE;

using DenseTag = hn::CappedTag<float, kPanel>;
inline constexpr size_t kDenseLanes = hn::MaxLanes(DenseTag());

// Rows computed together, so that rows times vectors of a panel fill the registers.
inline constexpr size_t kRowBlock = kDenseLanes >= 16 ? 12 : kDenseLanes >= 8 ? 3 : 1;

// kRows rows by kVectors vectors of one panel. Every sum starts at 0, takes the inputs in their
// order and the bias last: so a row's answer does not depend on its block, and is bit for bit that
// of oneDNN's brgemm wherever that does not split the inputs.
template <size_t kRows, size_t kVectors>
void DenseBlock(const PackedDense& layer, size_t first, const float* src, float* dst) {
  const DenseTag d;
  using V = hn::Vec<DenseTag>;
  const float* weights = layer.weights + first * layer.inputs;
  V sums[kRows][kVectors];
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  for (size_t i = 0; i < layer.inputs; ++i, weights += kPanel) {
    V w[kVectors];
    for (size_t v = 0; v < kVectors; ++v) w[v] = hn::Load(d, weights + v * kDenseLanes);
    for (size_t r = 0; r < kRows; ++r) {
      const V x = hn::Set(d, src[r * layer.inputs + i]);
      for (size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(x, w[v], sums[r][v]);
    }
  }
  for (size_t v = 0; v < kVectors; ++v) {
    const size_t at = first + v * kDenseLanes;
    if (at >= layer.outputs) break;
    const size_t cols = std::min(kDenseLanes, layer.outputs - at);
    const V bias = hn::Load(d, layer.bias + at);
    for (size_t r = 0; r < kRows; ++r) {
      table::StorePart(d, hn::Add(sums[r][v], bias), dst + r * layer.outputs + at, cols);
    }
  }
}

// The last rows < kRows of a panel, in one block of just that many.
template <size_t kRows, size_t kVectors>
void DenseRest(const PackedDense& layer, size_t first, const float* src, float* dst, size_t rows) {
  if constexpr (kRows > 1) {
    if (rows < kRows - 1) return DenseRest<kRows - 1, kVectors>(layer, first, src, dst, rows);
    DenseBlock<kRows - 1, kVectors>(layer, first, src, dst);
  }
}

template <size_t kVectors>
void DensePanel(const PackedDense& layer, size_t first, const float* src, float* dst, size_t rows) {
  size_t r = 0;
  for (; r + kRowBlock <= rows; r += kRowBlock) {
    DenseBlock<kRowBlock, kVectors>(layer, first, src + r * layer.inputs, dst + r * layer.outputs);
  }
  if (r == rows) return;
  DenseRest<kRowBlock, kVectors>(layer, first, src + r * layer.inputs, dst + r * layer.outputs,
                                 rows - r);
}

// The last panel uses as few vectors as hold its outputs.
template <size_t kVectors>
void NarrowPanel(const PackedDense& layer, size_t first, const float* src, float* dst,
                 size_t rows) {
  if constexpr (kVectors > 1) {
    if (layer.outputs - first <= kVectors / 2 * kDenseLanes) {
      return NarrowPanel<kVectors / 2>(layer, first, src, dst, rows);
    }
  }
  DensePanel<kVectors>(layer, first, src, dst, rows);
}

// The outputs of a piece, which begins with a panel and ends with one.
inline void DenseRows(const PackedDense& layer, const Piece& piece, const float* src, float* dst,
                      size_t rows) {
  const size_t end = piece.first + piece.outputs;
  for (size_t first = piece.first; first < end; first += kPanel) {
    NarrowPanel<kPanel / kDenseLanes>(layer, first, src, dst, rows);
  }
}

}  // namespace hillock::kernel::fallback::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
