// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_RPC_ONE_REACTOR_H_
#define HILLOCK_TESTS_UNIT_RPC_ONE_REACTOR_H_

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "server/lifecycle/catalog_holder.h"
#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "server/rpc/inference/infer_job.h"
#include "server/scheduling/reactor.h"

namespace hillock::rpc {

// A job that remembers what became of it.
class TestInferJob final : public InferJob {
 public:
  using InferJob::InferJob;
  const absl::Status& status() const { return status_; }
  std::string_view bytes() { return answer().view(); }

 private:
  void Answer(const absl::Status& status) override {
    status_ = status;
    ReleaseRequest();
  }
  std::string_view MetadataOf(std::string_view) const override { return {}; }

  absl::Status status_ = absl::UnknownError("not answered");
};

// A reactor that serves one model on the fallback, as "pets". The test is its thread.
class OneReactor {
 public:
  OneReactor(std::shared_ptr<const model::Mlp> mlp, const RequestLimits& limits,
             const scheduling::Batcher::Options& options, const Clock& clock)
      : reactor_(options, /*busy_poll=*/0, catalogs_, shared_work_, registry_.reactor(0), clock) {
    lifecycle::ModelCompiler compiler(1, registry_, clock);
    auto model = compiler.Compile("pets", 1, std::move(mlp),
                                  {.compute = {.backend = Backend::kFallback}, .limits = limits});
    model_ = model->get();
    catalogs_.Publish(std::make_shared<const lifecycle::Catalog>(
        std::vector<lifecycle::CatalogEntry>{{"pets", 1, *std::move(model)}}));
  }

  scheduling::Reactor& operator*() { return reactor_; }
  scheduling::Reactor* operator->() { return &reactor_; }
  metrics::ModelCells& cells() { return model_->cells(0); }
  metrics::Exemplars& exemplars() { return model_->exemplars(0); }

 private:
  metrics::Registry registry_{1, {}};
  lifecycle::CatalogHolder catalogs_;
  scheduling::SharedWorkQueue shared_work_;
  scheduling::Reactor reactor_;
  lifecycle::ServedModel* model_ = nullptr;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_TESTS_UNIT_RPC_ONE_REACTOR_H_
