// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_TESTS_UNIT_LIFECYCLE_MANAGED_REPOSITORY_H_
#define HILLOCK_TESTS_UNIT_LIFECYCLE_MANAGED_REPOSITORY_H_

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "server/core/base/mutex.h"
#include "server/core/model/writer.h"
#include "server/lifecycle/model_compiler.h"
#include "server/lifecycle/model_manager.h"
#include "server/metrics/registry.h"
#include "tests/support/mlp_builder.h"
#include "tests/support/temporary_folder.h"

namespace hillock::lifecycle {

// Counts the models that it compiles, and calls back before each.
class WatchedCompiler final : public ModelCompiler {
 public:
  using ModelCompiler::ModelCompiler;
  absl::StatusOr<std::shared_ptr<ServedModel>> Compile(
      const std::string& name, int64_t version, const std::shared_ptr<const model::Mlp>& mlp,
      const repository::ServingOptions& options) override {
    ++compiled;
    before_compile();
    return ModelCompiler::Compile(name, version, mlp, options);
  }

  int compiled = 0;
  std::function<void()> before_compile = [] {};
};

// A repository in a temporary folder, and all that a ModelManager of it needs. Models differ
// by their number of inputs.
class ManagedRepository : public ModelManager::Listener {
 public:
  static std::string Content(size_t inputs) {
    return model::WriteMlp(testing::MlpBuilder(inputs).Add(1, "relu").Build());
  }
  void Put(const std::string& version, size_t inputs) const {
    folder_.Write(version + "/model.mlp", Content(inputs));
  }

  // `before_compile` is called before each model is compiled, from now on.
  ModelManager Manage(
      std::stop_token stop = {}, std::function<void()> before_compile = [] {}) {
    compiler_.before_compile = std::move(before_compile);
    return ModelManager(repository::Repository(folder_.Path(""), 1 << 20), compiler_, catalogs_,
                        registry_, *this, std::move(stop));
  }

  // The catalog as text: "cat 2: 3 inputs", or the reason it does not serve; what is refused beside
  // a version that serves comes after "|".
  std::vector<std::string> Entries() const {
    std::vector<std::string> entries;
    for (const CatalogEntry& entry : catalogs_.Snapshot()->entries()) {
      std::string text = fmt::format("{} {}: ", entry.model, entry.version);
      text += entry.served.ok() ? fmt::format("{} inputs", (*entry.served)->input_width())
                                : std::string(entry.served.status().message());
      if (!entry.refused.ok()) text += " | " + std::string(entry.refused.message());
      entries.push_back(std::move(text));
    }
    return entries;
  }

  void Loaded(const ServedModel& model) override {
    Tell(fmt::format("loaded {} {}", model.name(), model.version()));
  }
  void Refused(const std::string& model, int64_t version, const absl::Status& why) override {
    Tell(fmt::format("refused {} {}: {}", model, version, std::string(why.message())));
  }
  void Unloaded(const ServedModel& model) override {
    Tell(fmt::format("unloaded {} {}", model.name(), model.version()));
  }

  // What the listener has heard since the last call.
  std::vector<std::string> Told() {
    const MutexLock lock(mutex_);
    return std::exchange(told_, {});
  }

  // Waits, for as long as it takes, until the listener has heard `text`.
  void AwaitTold(const std::string& text) {
    const MutexLock lock(mutex_);
    const auto told = [&] { return std::ranges::find(told_, text) != told_.end(); };
    mutex_.Await(told);
  }

  const testing::TemporaryFolder& folder() const { return folder_; }
  CatalogHolder& catalogs() { return catalogs_; }
  int compiled() const { return compiler_.compiled; }

 private:
  void Tell(std::string text) {
    const MutexLock lock(mutex_);
    told_.push_back(std::move(text));
    mutex_.NotifyAll();
  }

  testing::TemporaryFolder folder_;
  metrics::Registry registry_{1, {}};
  CatalogHolder catalogs_;
  WatchedCompiler compiler_{1, registry_, Clock::Monotonic()};
  Mutex mutex_;
  std::vector<std::string> told_;
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_TESTS_UNIT_LIFECYCLE_MANAGED_REPOSITORY_H_
