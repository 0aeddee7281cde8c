// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_SUPPORT_ACTIVATION_TILE_H_
#define HILLOCK_TESTS_SUPPORT_ACTIVATION_TILE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "server/core/activation/activation.h"
#include "server/core/base/aligned_buffer.h"

namespace hillock::testing {

// An activation of the table over a tile of its own, by a backend of one's choice, for what
// measures or compares them. Every slope of a per-unit activation is params[0]. Not thread-safe.
class ActivationTile {
 public:
  static std::unique_ptr<ActivationTile> OnFallback(const activation::Spec& spec,
                                                    const activation::Params& params, size_t rows,
                                                    size_t cols);

  // Null where this version of oneDNN has no algorithm for it.
  static std::unique_ptr<ActivationTile> OnOneDnn(const activation::Spec& spec,
                                                  const activation::Params& params, size_t rows,
                                                  size_t cols);
  ~ActivationTile();

  float* src() { return src_.data(); }              // [rows][cols]
  const float* dst() const { return dst_.data(); }  // [rows][cols], as the last Run() left it
  void Run();

 private:
  struct OneDnn;
  ActivationTile(const activation::Spec& spec, const activation::Params& params, size_t rows,
                 size_t cols);

  const activation::Spec& spec_;
  const activation::Params params_;
  const size_t rows_;
  const size_t cols_;
  AlignedBuffer<float> src_;
  AlignedBuffer<float> dst_;
  const std::vector<float> slopes_;
  std::unique_ptr<OneDnn> onednn_;  // null on the fallback
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_ACTIVATION_TILE_H_
