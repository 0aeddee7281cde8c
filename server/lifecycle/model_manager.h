// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_MODEL_MANAGER_H_
#define HILLOCK_SERVER_LIFECYCLE_MODEL_MANAGER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/clock.h"
#include "server/core/base/status.h"
#include "server/core/repository/repository.h"
#include "server/lifecycle/catalog_holder.h"

namespace hillock::metrics {
class Registry;
}

namespace hillock::lifecycle {

class ModelCompiler;

// Keeps the catalog in step with the repository. A version is read, compiled and warmed here, and
// then published with one catalog; the one it replaces finishes its requests and is freed by
// Sweep(). A version that fails changes nothing: what served goes on serving, and its catalog entry
// says why.
//
// The life of one version:
//
//             it becomes a candidate
//                       |
//                       v            the files differ from the last scan's
//                  +----------+ <-----+
//        +-------> | changing | ------+
//        |         +----------+
//        |              | two scans agree, or Load() and LoadAll() do not wait for that
//        |              v
//        |       read and compile <-----------+
//        |        ok |      | error           |
//        |           v      v                 |
//        |   +---------+  +---------+         |
//        |   | current |  | refused | --------+ Load() or LoadAll()
//        |   +---------+  +---------+
//        |        |           |
//        +--------+-----------+ files or options change
//
//   changing, refused: what earlier files made goes on serving, if they made anything
//   any state: no longer a candidate, unloaded, or gone from the repository: retired and forgotten,
//   but not before the version that takes its place, if that is changing
//
// Which versions serve follows from the files and the model's version policy alone, not from what
// served before. But for one thing: a repository that has no version of any model, or that cannot
// be listed, is taken for one that is out of reach, such as an unmounted volume. It changes
// nothing, and the entries of what serves say so. A version that is gone from a repository that has
// others is retired when two scans agree.
//
// Not thread-safe; reactors and services read the catalogs meanwhile.
class ModelManager {
 public:
  // Hears what changes. Called by the manager's methods.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void Loaded(const ServedModel& model) = 0;
    // version 0: the model as a whole.
    virtual void Refused(const std::string& model, int64_t version, const absl::Status& why) = 0;
    virtual void Unloaded(const ServedModel& model) = 0;
    virtual void Published() {}  // a new catalog is in force
  };

  // All references must outlive this. Once `stop` is requested, what loads models gives up between
  // two of them, or before it compiles one, with UNAVAILABLE.
  ModelManager(repository::Repository repository, ModelCompiler& compiler, CatalogHolder& catalogs,
               metrics::Registry& registry, Listener& listener, std::stop_token stop = {});

  // Whether the repository has a version of a model and, from the second call on, the same files as
  // at the last one. For those who wait for it.
  bool IsSettled();

  // Loads what is in the repository. An error, about the repository as a whole, changes nothing
  // that serves.
  absl::Status LoadAll();

  // Follows the repository: loads what is new or has changed, unloads what is gone. Files that are
  // not as they were at the last call are still being written, and are left for the next one.
  // Errors as for LoadAll().
  absl::Status Follow();

  // Lists models that are in the repository and not loaded, without loading them. Where something
  // is in the catalog, it says what is wrong with the repository as a whole, and this is OK.
  absl::Status List();

  // Loads one model as it is there now. NOT_FOUND when it is not in the repository; the error of
  // a version that cannot be served; other versions of the model may serve all the same.
  absl::Status Load(std::string_view name);

  // Stops serving a model until it is loaded again. NOT_FOUND for one that is neither loaded nor in
  // the repository.
  absl::Status Unload(std::string_view name);

  // Frees what was replaced or unloaded and serves nobody any more and, when nothing has been freed
  // for some calls, gives its memory back to the system. True while there is something left to do.
  bool Sweep();

  bool stopping() const { return stop_.stop_requested(); }

 private:
  // When a version's files are read: at once, or when two scans in a row have found them the same.
  enum class When { kAtOnce, kSettled };

  struct Attempt {
    std::vector<repository::FileMark> files;
    repository::ServingOptions options;
    bool operator==(const Attempt&) const = default;
  };
  // changing: seen != tried->files. current: seen == tried->files, refused is OK, and so `served`
  // was made from them. refused: `served` is null or was made from earlier files.
  struct VersionState {
    std::vector<repository::FileMark> seen;  // by the last scan
    std::optional<Attempt> tried;            // what was read last
    std::shared_ptr<ServedModel> served;
    absl::Status refused;  // why it does not serve what is there now

    bool IsChanging() const;
  };
  struct ModelState {
    absl::Status refused;                        // about the model as a whole
    std::vector<int64_t> present{};              // versions there, ascending, by the last scan
    std::map<int64_t, VersionState> versions{};  // those that serve, or should

    bool Serves() const;
  };

  using Listings = std::vector<repository::ModelListing>;

  absl::StatusOr<Listings> Look();
  absl::Status Update(When when);
  bool Serves() const;
  void AddMissing(const Listings& listings, const absl::Status& why);
  void UpdateModel(const repository::ModelListing& listing, When when);
  void UpdateVersions(const repository::ModelListing& listing,
                      const repository::Candidates& candidates, When when, ModelState& state);
  void UpdateVersion(const repository::ModelListing& listing, int64_t number, When when,
                     VersionState& state);
  absl::StatusOr<std::shared_ptr<ServedModel>> Make(const repository::ModelListing& listing,
                                                    int64_t number) const;
  void Try(const repository::ModelListing& listing, int64_t number, VersionState& state);
  void Refuse(const std::string& model, int64_t version, const absl::Status& why,
              absl::Status& refused);
  void Retire(VersionState& state);
  void RetireAll(ModelState& state);
  void RemoveMissing(const Listings& listings, When when);
  void Publish();
  void PublishInTime();
  void AddEntries(const std::string& name, const ModelState& state,
                  std::vector<CatalogEntry>& entries) const;
  static absl::Status ErrorOf(const ModelState& state);

  repository::Repository repository_;
  ModelCompiler& compiler_;
  CatalogHolder& catalogs_;
  metrics::Registry& registry_;
  Listener& listener_;
  const std::stop_token stop_;
  std::map<std::string, ModelState, std::less<>> models_;
  absl::Status root_;               // what is wrong with the repository as a whole
  std::optional<Listings> waited_;  // what IsSettled() has seen last
  bool changed_ = false;            // since the catalog was published last
  Nanos published_ = 0;             // when that was
  Nanos publishing_took_ = 0;
  std::vector<std::shared_ptr<ServedModel>> retired_;
  int quiet_sweeps_ = 0;  // in a row that freed nothing
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_MODEL_MANAGER_H_
