// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_RPC_SERVED_H_
#define HILLOCK_TESTS_UNIT_RPC_SERVED_H_

#include <memory>
#include <utility>

#include "server/core/base/clock.h"
#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "tests/support/mlp_builder.h"

namespace hillock::rpc {

// A model as one reactor serves it, with all it needs to live.
class Served {
 public:
  explicit Served(model::Mlp mlp, const RequestLimits& limits = {})
      : model_(*lifecycle::ModelCompiler(1, registry_, Clock::Monotonic())
                    .Compile("pets", 3, std::make_shared<const model::Mlp>(std::move(mlp)),
                             {.limits = limits})) {}

  lifecycle::ServedModel& operator*() { return *model_; }

 private:
  metrics::Registry registry_{1, {}};
  std::shared_ptr<lifecycle::ServedModel> model_;
};

// From three floats to two.
inline model::Mlp Plain() { return testing::MlpBuilder(3).Add(2, "identity").Build(); }

// The same with class labels.
inline model::Mlp Labelled() {
  return testing::MlpBuilder(3).Add(2, "softmax").Labels({"cat", "dog"}).Build();
}

// The same with a yes or no for each column, from 0.5 on.
inline model::Mlp Multilabel() {
  return testing::MlpBuilder(3).Add(2, "sigmoid").Multilabel().Build();
}

}  // namespace hillock::rpc

#endif  // HILLOCK_TESTS_UNIT_RPC_SERVED_H_
