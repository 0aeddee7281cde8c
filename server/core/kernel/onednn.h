// SPDX-License-Identifier: Apache-2.0

// The oneDNN backend. Everything the project asks of oneDNN goes through this header. Only the
// files onednn_*.cc include the library's own headers and meet its exceptions:
//
//   onednn_primitives  the library: versions 2 and 3, descriptors, primitives
//   onednn_call        primitives bound to buffers, and running them
//   onednn_dense       dense layers, in tiles
//   onednn_activation  activations on their own
//
// Primitives are created once, for fixed row counts ("buckets"), and bound to fixed buffers. A
// bound Call allocates nothing and takes no lock.

#ifndef HILLOCK_SERVER_CORE_KERNEL_ONEDNN_H_
#define HILLOCK_SERVER_CORE_KERNEL_ONEDNN_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/core/activation/activation.h"
#include "server/core/base/precision.h"
#include "server/core/base/status.h"

namespace hillock::kernel::onednn {

// The version of the library at run time, such as "2.6.3".
std::string Version();

// Whether this CPU multiplies in that precision at least as fast as in f32. The environment
// variable ONEDNN_MAX_CPU_ISA can hide instructions from oneDNN, and hides them from this.
bool IsFast(Precision precision);

// An activation in oneDNN's terms: the name of an algorithm, such as "eltwise_relu" or "softmax",
// and its scalars.
struct Algorithm {
  std::string_view name;
  float alpha = 0;
  float beta = 0;
};

// The algorithm that the table names for an activation, or none where it names none or this version
// of oneDNN lacks it.
std::optional<Algorithm> AlgorithmOf(const activation::Spec& spec,
                                     const activation::Params& params);

// Whether the algorithm can follow a dense layer inside the same primitive.
bool CanFuse(const Algorithm& algorithm);

// What calls running one after the other on one thread share: a stream and a scratch buffer.
// Not thread-safe; must outlive the calls bound to it.
class Workspace {
 public:
  // scratch_bytes: the most that any of the calls needs.
  explicit Workspace(size_t scratch_bytes);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

 private:
  friend class Binder;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Primitives bound to their buffers: one for each tile of a dense layer, or one for an activation.
// Movable. Not thread-safe, as its workspace is not.
class Call {
 public:
  Call();
  Call(Call&&) noexcept;
  Call& operator=(Call&&) noexcept;
  ~Call();

  // Computes. False when oneDNN reports an error, which only a bug can cause.
  bool Run() noexcept;

  // Computes one tile of a dense layer, numbered as in TilesOf(). REQUIRES: all tiles are run, in
  // order from 0, with no other call of the same workspace between them.
  bool RunTile(size_t tile) noexcept;

 private:
  friend class Binder;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A dense layer, y = W x + b, or f(W x + b) with f fused, over buckets of rows. Weights are packed
// once into the layout that oneDNN prefers for the largest bucket; every bucket uses that one copy.
// In a precision other than f32, weights are rounded when they are packed and x at every call;
// products, sums, b and f are in f32, and so are x and y outside. In bf16, numbers below f32's
// smallest normal one count as 0.
// Immutable, so thread-safe.
class Dense {
 public:
  // weights: [outputs][inputs] row-major. bias: [outputs]. buckets: ascending row counts. With
  // `fused` each bucket has two primitives, with f and without. INTERNAL when oneDNN refuses, with
  // its word.
  static absl::StatusOr<std::unique_ptr<Dense>> Create(size_t inputs, size_t outputs,
                                                       std::span<const float> weights,
                                                       std::span<const float> bias,
                                                       std::span<const size_t> buckets,
                                                       const std::optional<Algorithm>& fused,
                                                       Precision precision = Precision::kF32);
  ~Dense();

  size_t scratch_bytes() const;
  size_t bytes() const;  // of packed weights and bias

  // Which of oneDNN's implementations serves the largest bucket, such as "brgemm:avx512_core".
  const std::string& implementation() const;

  // src: [bucket rows][inputs], dst: [bucket rows][outputs]. All must outlive the call.
  // REQUIRES: `with_activation` only if created with one.
  Call Bind(size_t bucket, bool with_activation, const float* src, float* dst,
            Workspace& workspace) const;

 private:
  struct Impl;
  explicit Dense(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// An activation on its own, over buckets of rows. Immutable, so thread-safe.
class Activation {
 public:
  // slopes: [cols] for an algorithm with a slope per unit, not read otherwise. INTERNAL when oneDNN
  // refuses. REQUIRES: `algorithm` is one that AlgorithmOf() gave.
  static absl::StatusOr<std::unique_ptr<Activation>> Create(const Algorithm& algorithm, size_t cols,
                                                            std::span<const float> slopes,
                                                            std::span<const size_t> buckets);
  ~Activation();

  size_t scratch_bytes() const;

  // src, dst: [bucket rows][cols], the same or not overlapping. All must outlive the call.
  Call Bind(size_t bucket, const float* src, float* dst, Workspace& workspace) const;

 private:
  struct Impl;
  explicit Activation(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hillock::kernel::onednn

#endif  // HILLOCK_SERVER_CORE_KERNEL_ONEDNN_H_
