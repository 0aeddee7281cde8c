// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_CATALOG_H_
#define HILLOCK_SERVER_LIFECYCLE_CATALOG_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"

namespace hillock::lifecycle {

class ServedModel;

// One model version of the repository: served, or not and why.
struct CatalogEntry {
  std::string model;
  int64_t version = 0;  // 0 when the error is about the model as a whole
  absl::StatusOr<std::shared_ptr<ServedModel>> served;

  // Why what serves is not what is in the repository now; OK when it is.
  absl::Status refused{};

  // As RepositoryIndex and hillock_model_state show it.
  std::string_view state() const { return served.ok() ? "READY" : "UNAVAILABLE"; }
};

// Every model of the repository at one moment. Immutable and thread-safe; a new state of the
// repository is a new catalog.
class Catalog {
 public:
  explicit Catalog(std::vector<CatalogEntry> entries);

  // The model version that `name` and `version` (empty: the highest that serves) ask for. NOT_FOUND
  // for an unknown model or version, UNAVAILABLE for one that does not serve, INVALID_ARGUMENT for
  // a version that is no positive integer. The model lives as long as the catalog does.
  absl::StatusOr<ServedModel*> Find(std::string_view name, std::string_view version) const;

  // In order of name, then version.
  const std::vector<CatalogEntry>& entries() const { return entries_; }

  // Versions that serve.
  size_t served_count() const { return served_count_; }

  // Models that have failed: none of their versions serves, and not because that is yet to come,
  // which an entry would say with UNAVAILABLE. In order.
  const std::vector<std::string>& failed() const { return failed_; }

 private:
  std::vector<CatalogEntry> entries_;
  size_t served_count_ = 0;
  std::vector<std::string> failed_;
  void Count();
  std::span<const CatalogEntry> EntriesOf(std::string_view name) const;

  // Where a model's entries begin in entries_; they end where the next name begins.
  std::map<std::string, size_t, std::less<>> first_;
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_CATALOG_H_
