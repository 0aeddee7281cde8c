// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "server/core/repository/repository.h"

namespace hillock::lifecycle {
namespace {

absl::Status UnknownModel(std::string_view name) {
  return absl::NotFoundError(fmt::format("Request for unknown model: '{}' is not found", name));
}

absl::Status UnknownVersion(std::string_view name, int64_t version) {
  return absl::NotFoundError(
      fmt::format("Request for unknown model: '{}' version {} is not found", name, version));
}

absl::Status NotReady(const CatalogEntry& entry) {
  return absl::UnavailableError(
      fmt::format("Request for model '{}': {}is not ready: {}", entry.model,
                  entry.version > 0 ? fmt::format("version {} ", entry.version) : "it ",
                  std::string(entry.served.status().message())));
}

bool IsServed(const CatalogEntry& entry) { return entry.served.ok(); }

bool HasFailed(const CatalogEntry& entry) {
  return !entry.served.ok() && !absl::IsUnavailable(entry.served.status());
}

}  // namespace

Catalog::Catalog(std::vector<CatalogEntry> entries) : entries_(std::move(entries)) {
  std::ranges::sort(entries_, {},
                    [](const CatalogEntry& e) { return std::tie(e.model, e.version); });
  for (size_t i = entries_.size(); i-- > 0;) first_[entries_[i].model] = i;
  Count();
}

std::span<const CatalogEntry> Catalog::EntriesOf(std::string_view name) const {
  const auto it = first_.find(name);
  if (it == first_.end()) return {};
  const auto next = std::next(it);
  const size_t end = next == first_.end() ? entries_.size() : next->second;
  return std::span(entries_).subspan(it->second, end - it->second);
}

absl::StatusOr<ServedModel*> Catalog::Find(std::string_view name, std::string_view version) const {
  const std::span<const CatalogEntry> entries = EntriesOf(name);
  if (entries.empty()) return UnknownModel(name);
  const CatalogEntry* asked = &entries.back();
  if (version.empty()) {
    const auto highest = std::find_if(entries.rbegin(), entries.rend(), IsServed);
    if (highest != entries.rend()) asked = &*highest;
  } else {
    HILLOCK_ASSIGN_OR_RETURN(const int64_t number, repository::ParseVersion(version));
    const auto it = std::ranges::find(entries, number, &CatalogEntry::version);
    if (it == entries.end()) return UnknownVersion(name, number);
    asked = &*it;
  }
  if (!asked->served.ok()) return NotReady(*asked);
  return asked->served->get();
}

void Catalog::Count() {
  for (const auto& [name, first] : first_) {
    const std::span<const CatalogEntry> entries = EntriesOf(name);
    const auto served = static_cast<size_t>(std::ranges::count_if(entries, IsServed));
    served_count_ += served;
    if (served == 0 && std::ranges::any_of(entries, HasFailed)) failed_.push_back(name);
  }
}

}  // namespace hillock::lifecycle
