// SPDX-License-Identifier: Apache-2.0

// The seam to the library: its engine, descriptors and primitives, in the few forms that the
// project uses. What differs between oneDNN 2 and 3 is decided in onednn_primitives.cc and nowhere
// else.
//
// Only for the files onednn*.cc. Everything that makes a primitive or a memory may throw
// dnnl::error; whoever calls it from outside of them goes through a function that catches.

#ifndef HILLOCK_SERVER_CORE_KERNEL_ONEDNN_PRIMITIVES_H_
#define HILLOCK_SERVER_CORE_KERNEL_ONEDNN_PRIMITIVES_H_

#include <cstddef>
#include <dnnl.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "server/core/base/precision.h"
#include "server/core/base/status.h"
#include "server/core/kernel/onednn.h"

namespace hillock::kernel::onednn {

// The algorithms that are primitives of their own; all others are elementwise.
inline constexpr std::string_view kSoftmax = "softmax";
inline constexpr std::string_view kLogSoftmax = "logsoftmax";
inline constexpr std::string_view kPrelu = "prelu";

const dnnl::engine& Cpu();

// Keeps oneDNN's OpenMP runtime from starting threads for the calling thread. The setting belongs
// to the thread, so whoever makes or runs a primitive calls this first. Always true.
bool UseOneThread();

// Whether this version has the elementwise algorithm of that name.
bool HasEltwise(std::string_view name);

// Row-major, and one-dimensional in f32.
dnnl::memory::desc Matrix(size_t rows, size_t cols, Precision precision = Precision::kF32);
dnnl::memory::desc Vector(size_t n);

// A dense layer, or a tile of one.
struct DenseShape {
  size_t inputs;
  size_t outputs;
  Precision precision;
};

dnnl::inner_product_forward::primitive_desc DescribeDense(size_t rows, const DenseShape& shape,
                                                          const dnnl::memory::desc& weights,
                                                          const std::optional<Algorithm>& fused);

// The weights' descriptor that leaves their layout to the library.
dnnl::memory::desc AnyWeights(const DenseShape& shape);

// How many floats become numbers of another type, and how; none when `to` is null.
struct Rounding {
  void (*to)(const float* src, void* dst, size_t n) noexcept = nullptr;
  size_t n = 0;
  size_t bytes = 0;  // of the n results
};

// One primitive of a bucket, and what binding it to buffers needs to know. A call's scratch holds,
// each from a cache line on:
//
//   0           the source in the primitive's precision; here every tile of a layer finds it
//   ResultAt()  the result, where it does not go to its destination directly
//   OwnAt()     the primitive's own scratch
struct Prepared {
  dnnl::primitive primitive;
  dnnl::memory::desc src;
  dnnl::memory::desc dst;
  dnnl::memory::desc scratch;
  Rounding rounding{};  // of the source, before the primitive runs
  size_t rows = 0;      // of a result that is copied to its destination row by row; 0 for none
  size_t cols = 0;      // of that result

  size_t ResultAt() const;
  size_t OwnAt() const;
  size_t ScratchBytes() const { return OwnAt() + scratch.get_size(); }
};

Prepared PrepareDense(size_t rows, const DenseShape& shape, const dnnl::memory::desc& weights,
                      const std::optional<Algorithm>& fused);

// REQUIRES: `algorithm` is one that AlgorithmOf() gave.
Prepared PrepareActivation(size_t rows, size_t cols, const Algorithm& algorithm);

size_t LargestScratch(std::span<const Prepared> prepared);

// INTERNAL, with what was being made and the library's word.
absl::Status FromException(std::string_view what, const dnnl::error& error);

}  // namespace hillock::kernel::onednn

#endif  // HILLOCK_SERVER_CORE_KERNEL_ONEDNN_PRIMITIVES_H_
