// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_RPC_SERVED_PETS_H_
#define HILLOCK_TESTS_UNIT_RPC_SERVED_PETS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/core/base/clock.h"
#include "server/lifecycle/catalog_holder.h"
#include "server/lifecycle/model_compiler.h"
#include "server/metrics/registry.h"
#include "tests/support/mlp_builder.h"

namespace hillock::rpc {

// Catalogs of small models whose content does not matter.
class ServedPets {
 public:
  // A version that serves.
  lifecycle::CatalogEntry Served(const std::string& name, int64_t version) {
    return Served(name, version, testing::MlpBuilder(3).Add(2, "identity"));
  }
  lifecycle::CatalogEntry Served(const std::string& name, int64_t version,
                                 const testing::MlpBuilder& builder) {
    return Served(name, version, builder.Build());
  }
  lifecycle::CatalogEntry Served(const std::string& name, int64_t version, model::Mlp mlp) {
    return {name, version,
            compiler_.Compile(name, version, std::make_shared<const model::Mlp>(std::move(mlp)),
                              {.compute = {.backend = Backend::kFallback}})};
  }

  void Publish(std::vector<lifecycle::CatalogEntry> entries) {
    catalogs_.Publish(std::make_shared<const lifecycle::Catalog>(std::move(entries)));
  }

  const lifecycle::CatalogHolder& catalogs() const { return catalogs_; }

 private:
  metrics::Registry registry_{1, {}};
  lifecycle::ModelCompiler compiler_{1, registry_, Clock::Monotonic()};
  lifecycle::CatalogHolder catalogs_;
};

}  // namespace hillock::rpc

#endif  // HILLOCK_TESTS_UNIT_RPC_SERVED_PETS_H_
