// SPDX-License-Identifier: Apache-2.0

// The dense layer of the fallback backend, for every instruction set. Highway includes this file
// once for each, hence the unusual guard.

#ifndef HILLOCK_SERVER_KERNEL_DENSE_ONCE_
#define HILLOCK_SERVER_KERNEL_DENSE_ONCE_

#include <cstddef>

#include "server/core/kernel/output_tiles.h"

namespace hillock::kernel::fallback {

// Units whose weights are stored side by side: two vectors of 512 bits, four of 256.
inline constexpr size_t kPanel = 32;
static_assert(kTileStep % kPanel == 0);

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

#include "server/core/activation/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hillock::kernel::fallback::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace table = hillock::activation::HWY_NAMESPACE;

using DenseTag = hn::CappedTag<float, kPanel>;
inline constexpr size_t kDenseLanes = hn::MaxLanes(DenseTag());

// Rows computed together, so that rows times vectors of a panel fill the registers.
inline constexpr size_t kRowBlock = kDenseLanes >= 16 ? 12 : kDenseLanes >= 8 ? 3 : 1;

// Floats of a cache line.
inline constexpr size_t kLine = 64 / sizeof(float);

// Rows whose starts are a multiple of this apart fall into one set of a first-level cache of 64
// sets, and evict each other when a block has more of them than a set has ways, 8 on most CPUs.
inline constexpr size_t kSetStride = 64 * kLine;
inline constexpr size_t kWays = 8;

// Weights of a layer that is taken to be read from memory, not from a cache: 4 MB.
inline constexpr size_t kFarWeights = size_t{1} << 20;

// With fewer rows the CPU's own prefetching keeps up; with more blocks the first one, which is the
// one that waits for the weights, hardly counts.
inline constexpr size_t kMinFetchingRows = 8;
inline constexpr size_t kMaxFetchingBlocks = 6;

// Inputs from one fetch to the next: memory is asked evenly.
inline constexpr size_t kFetchStep = 2;

// What a block does about caches; its sums are the same either way.
struct Reading {
  // It copies its rows, a line of each at a time, so that they do not evict each other.
  bool copies;
  // It brings its share of the next panel's weights into the second-level cache.
  bool fetches;
};

// A prefetch reads nothing, so after the last panel its address may be that of no weight.
struct Fetching {
  const float* from;  // the block's share, read from here on
  size_t lines;       // every kFetchStep inputs
};

HWY_INLINE void Fetch(Fetching& fetching) {
  for (size_t i = 0; i < fetching.lines; ++i, fetching.from += kLine) {
    __builtin_prefetch(fetching.from, /*rw=*/0, /*locality=*/2);
  }
}

template <size_t kRows>
HWY_INLINE void CopyLines(const float* src, size_t stride, float* lines) {
  const DenseTag d;
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t i = 0; i < kLine; i += kDenseLanes) {
      hn::Store(hn::LoadU(d, src + r * stride + i), d, lines + r * kLine + i);
    }
  }
}

template <size_t kRows, size_t kVectors>
using Sums = hn::Vec<DenseTag>[kRows][kVectors];

template <size_t kRows, size_t kVectors>
HWY_INLINE void AddInputs(const float* weights, size_t inputs, const float* src, size_t stride,
                          Sums<kRows, kVectors>& sums) {
  const DenseTag d;
  using V = hn::Vec<DenseTag>;
  for (size_t i = 0; i < inputs; ++i, weights += kPanel) {
    V w[kVectors];
    for (size_t v = 0; v < kVectors; ++v) w[v] = hn::Load(d, weights + v * kDenseLanes);
    for (size_t r = 0; r < kRows; ++r) {
      const V x = hn::Set(d, src[r * stride + i]);
      for (size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(x, w[v], sums[r][v]);
    }
  }
}

// A line of inputs of every row.
template <size_t kRows, size_t kVectors, Reading kReading>
HWY_INLINE void AddLine(const float* weights, const float* src, size_t stride, Fetching& fetching,
                        Sums<kRows, kVectors>& sums) {
  alignas(64) float lines[kReading.copies ? kRows * kLine : 1];
  if constexpr (kReading.copies) CopyLines<kRows>(src, stride, lines);
  for (size_t i = 0; i < kLine; i += kFetchStep) {
    if constexpr (kReading.fetches) Fetch(fetching);
    if constexpr (kReading.copies) {
      AddInputs<kRows, kVectors>(weights + i * kPanel, kFetchStep, lines + i, kLine, sums);
    } else {
      AddInputs<kRows, kVectors>(weights + i * kPanel, kFetchStep, src + i, stride, sums);
    }
  }
}

// kRows rows by kVectors vectors of one panel. Every sum starts at 0, takes the inputs in their
// order and the bias last: so a row's answer does not depend on its block, and is bit for bit that
// of oneDNN's brgemm wherever that does not split the inputs.
template <size_t kRows, size_t kVectors, Reading kReading>
void DenseBlock(const PackedDense& layer, size_t first, const float* src, float* dst,
                Fetching fetching) {
  const DenseTag d;
  using V = hn::Vec<DenseTag>;
  const float* weights = layer.weights + first * layer.inputs;
  Sums<kRows, kVectors> sums;
  for (size_t r = 0; r < kRows; ++r) {
    for (size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  size_t i = 0;
  if constexpr (kReading.copies || kReading.fetches) {
    for (; i + kLine <= layer.inputs; i += kLine) {
      AddLine<kRows, kVectors, kReading>(weights + i * kPanel, src + i, layer.inputs, fetching,
                                         sums);
    }
  }
  AddInputs<kRows, kVectors>(weights + i * kPanel, layer.inputs - i, src + i, layer.inputs, sums);
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
template <size_t kRows, size_t kVectors, Reading kReading>
void DenseRest(const PackedDense& layer, size_t first, const float* src, float* dst, size_t rows,
               Fetching fetching) {
  if constexpr (kRows > 1) {
    if (rows < kRows - 1) {
      return DenseRest<kRows - 1, kVectors, kReading>(layer, first, src, dst, rows, fetching);
    }
    constexpr Reading kOwn = {kReading.copies && kRows - 1 > kWays, kReading.fetches};
    DenseBlock<kRows - 1, kVectors, kOwn>(layer, first, src, dst, fetching);
  }
}

template <size_t kVectors, Reading kReading>
void ReadPanel(const PackedDense& layer, size_t first, const float* src, float* dst, size_t rows) {
  const size_t blocks = (rows + kRowBlock - 1) / kRowBlock;
  constexpr size_t kStepLines = kFetchStep * kPanel / kLine;
  Fetching fetching{layer.weights + (first + kPanel) * layer.inputs,
                    (kStepLines + blocks - 1) / blocks};
  size_t r = 0;
  for (; r + kRowBlock <= rows; r += kRowBlock) {
    DenseBlock<kRowBlock, kVectors, kReading>(layer, first, src + r * layer.inputs,
                                              dst + r * layer.outputs, fetching);
    fetching.from += layer.inputs / kFetchStep * fetching.lines * kLine;
  }
  if (r == rows) return;
  DenseRest<kRowBlock, kVectors, kReading>(layer, first, src + r * layer.inputs,
                                           dst + r * layer.outputs, rows - r, fetching);
}

template <size_t kVectors>
void DensePanel(const PackedDense& layer, size_t first, const float* src, float* dst, size_t rows) {
  constexpr bool kCopies = kRowBlock > kWays;
  constexpr decltype(&ReadPanel<kVectors, Reading{}>) kReads[2][2] = {
      {&ReadPanel<kVectors, Reading{false, false}>, &ReadPanel<kVectors, Reading{false, true}>},
      {&ReadPanel<kVectors, Reading{kCopies, false}>,
       &ReadPanel<kVectors, Reading{kCopies, true}>}};
  const bool copies = layer.inputs % kSetStride == 0 && rows > kWays;
  const bool fetches = layer.inputs * layer.outputs >= kFarWeights && rows >= kMinFetchingRows &&
                       rows <= kMaxFetchingBlocks * kRowBlock;
  kReads[copies][fetches](layer, first, src, dst, rows);
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

// The outputs of a tile, which begins with a panel and ends with one.
inline void DenseRows(const PackedDense& layer, const OutputTile& tile, const float* src,
                      float* dst, size_t rows) {
  const size_t end = tile.first + tile.outputs;
  for (size_t first = tile.first; first < end; first += kPanel) {
    NarrowPanel<kPanel / kDenseLanes>(layer, first, src, dst, rows);
  }
}

}  // namespace hillock::kernel::fallback::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
