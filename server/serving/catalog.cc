#include "server/serving/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "server/model/repository.h"

namespace hillock::serving {
namespace {

absl::Status UnknownModel(std::string_view name) {
  return absl::NotFoundError(fmt::format("Request for unknown model: '{}' is not found", name));
}

absl::Status UnknownVersion(std::string_view name, int64_t version) {
  return absl::NotFoundError(
      fmt::format("Request for unknown model: '{}' version {} is not found", name, version));
}

absl::Status NotReady(const CatalogEntry& entry) {
  return absl::UnavailableError(fmt::format("Request for model '{}': version {} is not ready: {}",
                                            entry.model, entry.version,
                                            std::string(entry.served.status().message())));
}

}  // namespace

Catalog::Catalog(std::vector<CatalogEntry> entries) : entries_(std::move(entries)) {
  std::ranges::sort(entries_, {},
                    [](const CatalogEntry& e) { return std::tie(e.model, e.version); });
  for (size_t i = entries_.size(); i-- > 0;) first_[entries_[i].model] = i;
}

Catalog Catalog::Closed() const {
  Catalog closed = *this;
  closed.closed_ = true;
  return closed;
}

absl::StatusOr<ServedModel*> Catalog::Find(std::string_view name, std::string_view version) const {
  if (closed_) return absl::UnavailableError("the server is shutting down");
  const auto it = first_.find(name);
  if (it == first_.end()) return UnknownModel(name);
  const auto next = std::next(it);
  const size_t end = next == first_.end() ? entries_.size() : next->second;
  size_t index = end - 1;
  if (!version.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(const int64_t number, model::ParseVersion(version));
    for (index = it->second; index < end && entries_[index].version != number;) ++index;
    if (index == end) return UnknownVersion(name, number);
  }
  const CatalogEntry& entry = entries_[index];
  if (!entry.served.ok()) return NotReady(entry);
  return entry.served->get();
}

size_t Catalog::served_count() const {
  return static_cast<size_t>(
      std::ranges::count_if(entries_, [](const CatalogEntry& entry) { return entry.served.ok(); }));
}

}  // namespace hillock::serving
