// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "server/core/base/aligned_buffer.h"
#include "server/core/base/background_thread.h"
#include "server/core/kernel/onednn.h"
#include "server/core/kernel/onednn_call.h"
#include "server/core/kernel/onednn_primitives.h"

namespace hillock::kernel::onednn {

std::optional<Algorithm> AlgorithmOf(const activation::Spec& spec,
                                     const activation::Params& params) {
  const activation::OneDnnForm& form = spec.onednn;
  const bool known = form.algorithm == kSoftmax || form.algorithm == kLogSoftmax ||
                     form.algorithm == kPrelu || HasEltwise(form.algorithm);
  if (!known) return std::nullopt;
  return Algorithm{form.algorithm, form.alpha ? form.alpha(params) : 0.0f,
                   form.beta ? form.beta(params) : 0.0f};
}

// Softmax, its logarithm and prelu are primitives of their own; only the elementwise ones can
// follow another.
bool CanFuse(const Algorithm& algorithm) { return HasEltwise(algorithm.name); }

struct Activation::Impl {
  std::vector<Prepared> prepared;  // by bucket
  AlignedBuffer<float> slopes_storage;
  std::optional<dnnl::memory> slopes;
};

Activation::Activation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Activation::~Activation() = default;

absl::StatusOr<std::unique_ptr<Activation>> Activation::Create(
    const Algorithm& algorithm, size_t cols, std::span<const float> slopes,
    std::span<const size_t> buckets) try {
  UseOneThread();
  auto impl = std::make_unique<Impl>();
  for (const size_t rows : buckets) {
    YieldIfContended();
    impl->prepared.push_back(PrepareActivation(rows, cols, algorithm));
  }
  if (algorithm.name == kPrelu) {
    impl->slopes_storage = AlignedBuffer<float>(cols);
    std::ranges::copy(slopes, impl->slopes_storage.data());
    impl->slopes = dnnl::memory(Matrix(1, cols), Cpu(), impl->slopes_storage.data());
  }
  return std::unique_ptr<Activation>(new Activation(std::move(impl)));
} catch (const dnnl::error& error) {
  return FromException(fmt::format("{} over {} columns", algorithm.name, cols), error);
}

size_t Activation::scratch_bytes() const { return LargestScratch(impl_->prepared); }

Call Activation::Bind(size_t bucket, const float* src, float* dst, Workspace& workspace) const {
  Binder binder(workspace);
  binder.AddTile(impl_->prepared[bucket], src, dst, 0);
  if (impl_->slopes) binder.Add(DNNL_ARG_WEIGHTS, *impl_->slopes);
  return binder.Take();
}

}  // namespace hillock::kernel::onednn
