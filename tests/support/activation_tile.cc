// SPDX-License-Identifier: Apache-2.0
#include "tests/support/activation_tile.h"

#include <utility>

#include "server/core/base/aligned_buffer.h"
#include "server/core/kernel/fallback.h"
#include "server/core/kernel/onednn.h"

namespace hillock::testing {

namespace onednn = kernel::onednn;

struct ActivationTile::OneDnn {
  std::unique_ptr<onednn::Activation> activation;
  std::unique_ptr<onednn::Workspace> workspace;
  onednn::Call call;
};

ActivationTile::ActivationTile(const activation::Spec& spec, const activation::Params& params,
                               size_t rows, size_t cols)
    : spec_(spec),
      params_(params),
      rows_(rows),
      cols_(cols),
      src_(rows * cols),
      dst_(rows * cols),
      slopes_(cols, params[0]) {}

ActivationTile::~ActivationTile() = default;

std::unique_ptr<ActivationTile> ActivationTile::OnFallback(const activation::Spec& spec,
                                                           const activation::Params& params,
                                                           size_t rows, size_t cols) {
  return std::unique_ptr<ActivationTile>(new ActivationTile(spec, params, rows, cols));
}

std::unique_ptr<ActivationTile> ActivationTile::OnOneDnn(const activation::Spec& spec,
                                                         const activation::Params& params,
                                                         size_t rows, size_t cols) {
  const auto algorithm = onednn::AlgorithmOf(spec, params);
  if (!algorithm) return nullptr;
  auto tile = OnFallback(spec, params, rows, cols);
  const size_t buckets[] = {rows};
  auto made = onednn::Activation::Create(*algorithm, cols, tile->slopes_, buckets);
  HILLOCK_CHECK(made.ok());
  tile->onednn_ = std::make_unique<OneDnn>();
  OneDnn& o = *tile->onednn_;
  o.activation = *std::move(made);
  o.workspace = std::make_unique<onednn::Workspace>(o.activation->scratch_bytes());
  o.call = o.activation->Bind(0, tile->src_.data(), tile->dst_.data(), *o.workspace);
  return tile;
}

void ActivationTile::Run() {
  if (onednn_) {
    HILLOCK_CHECK(onednn_->call.Run());
  } else {
    kernel::fallback::FindActivation(spec_)(params_, slopes_.data(), src_.data(), dst_.data(),
                                            rows_, cols_);
  }
}

}  // namespace hillock::testing
