// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_MODEL_COMPILER_H_
#define HILLOCK_SERVER_LIFECYCLE_MODEL_COMPILER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/repository/serving_options.h"
#include "server/lifecycle/served_model.h"

namespace hillock::metrics {
class Registry;
}

namespace hillock::lifecycle {

// Makes models that were read ready to serve:
//
//   plan -> precision check -> an executor a reactor, each run once -> cost of a row -> metrics
//
// Compile() is virtual so that tests can watch it. Not thread-safe.
class ModelCompiler {
 public:
  // Executors run on `clock`. The cost of a row is measured on `cost_clock`, or on `clock` when
  // that is null. Once `stop` is requested, compiling gives up between two stages. The references
  // outlive every model.
  ModelCompiler(size_t reactors, metrics::Registry& registry, const Clock& clock,
                const Clock* cost_clock = nullptr, std::stop_token stop = {});
  virtual ~ModelCompiler() = default;

  // Nothing of `mlp` is kept. FAILED_PRECONDITION when bf16 moves an answer by more than
  // options.compute.precision_tolerance, INTERNAL when a run fails, UNAVAILABLE once stopping.
  // REQUIRES: Validate(*mlp) is OK.
  virtual absl::StatusOr<std::shared_ptr<ServedModel>> Compile(
      const std::string& name, int64_t version, const std::shared_ptr<const model::Mlp>& mlp,
      const repository::ServingOptions& options);

 private:
  absl::StatusOr<ServedModel::Parts> MakeParts(const model::Mlp& mlp,
                                               const repository::ServingOptions& options) const;
  absl::Status MakeExecutors(ServedModel::Parts& parts) const;

  const size_t reactors_;
  metrics::Registry& registry_;
  const Clock& clock_;
  const Clock& cost_clock_;
  const std::stop_token stop_;
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_MODEL_COMPILER_H_
