// SPDX-License-Identifier: Apache-2.0

// The SIMD backend of the project's own: every activation of the table, and the dense layer,
// written once with Highway and compiled for every instruction set; the best one is chosen at run
// time.
//
// Every function here is pure apart from dst, thread-safe, allocates nothing and cannot fail. Each
// element's value depends on its own row alone, bit for bit, however many rows are computed
// together.

#ifndef HILLOCK_SERVER_CORE_KERNEL_FALLBACK_H_
#define HILLOCK_SERVER_CORE_KERNEL_FALLBACK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/core/activation/activation.h"
#include "server/core/base/aligned_buffer.h"
#include "server/core/kernel/output_tiles.h"

namespace hillock::kernel::fallback {

// dst = f(src) over a row-major tile. dst may equal src but not overlap it otherwise; no alignment
// is needed. `slopes` holds one value a column for a per-unit activation and is not read otherwise.
using ActivationFn = void (*)(const activation::Params& params, const float* slopes,
                              const float* src, float* dst, size_t rows, size_t cols);

// The kernel of an activation for the instruction set in use. Never null.
ActivationFn FindActivation(const activation::Spec& spec);

// A dense layer, y = W x + b, with weights packed for the kernel.
class Dense {
 public:
  // weights: [outputs][inputs] row-major. bias: [outputs].
  Dense(size_t inputs, size_t outputs, std::span<const float> weights, std::span<const float> bias);

  // src: [rows][inputs], dst: [rows][outputs], both row-major, not overlapping.
  void Run(const float* src, float* dst, size_t rows) const noexcept;

  // The same for the outputs of one of TilesOf(inputs, outputs) only.
  void RunTile(const OutputTile& tile, const float* src, float* dst, size_t rows) const noexcept;

  size_t bytes() const { return (weights_.size() + bias_.size()) * sizeof(float); }

 private:
  size_t inputs_;
  size_t outputs_;
  AlignedBuffer<float> weights_;  // [panel][inputs][kPanel], zero beyond the last output
  AlignedBuffer<float> bias_;     // [panel][kPanel]
};

// Index of the first of n floats, at any alignment, that is infinite or NaN; n when all are finite.
size_t FirstNonFinite(const void* values, size_t n) noexcept;

// dst[r][c] = (src[r][c] - offset[c]) * scale[c]; dst may equal src.
void Normalize(const float* offset, const float* scale, const float* src, float* dst, size_t rows,
               size_t cols) noexcept;

// dst[i] = the bits of the bf16 nearest to src[i], of two equally near ones the even. Beyond bf16's
// largest number, 3.39e38, that is an infinity; NaN stays NaN. dst must not overlap src.
void RoundToBf16(const float* src, uint16_t* dst, size_t n) noexcept;

// The instruction set in use, in Highway's name for it, such as "AVX3".
std::string_view InstructionSet();

}  // namespace hillock::kernel::fallback

#endif  // HILLOCK_SERVER_CORE_KERNEL_FALLBACK_H_
