// SPDX-License-Identifier: Apache-2.0
#include "server/lifecycle/catalog_reader.h"

#include <algorithm>
#include <iterator>

namespace hillock::lifecycle {

const Catalog& CatalogReader::Current() {
  // Read before the snapshot: a catalog that is published in between is then kept under an older
  // generation, and the next call takes a new snapshot. The other way round it would be missed.
  const uint64_t generation = holder_.generation();
  if (pins_.empty() || pins_.back().generation_ != generation) {
    Rest();
    if (spare_.empty()) spare_.emplace_back();
    pins_.splice(pins_.end(), spare_, spare_.begin());
    pins_.back().catalog_ = holder_.Snapshot();
    pins_.back().generation_ = generation;
  }
  return *pins_.back().catalog_;
}

// List nodes do not move, so a pin is its node's address.
CatalogReader::Pin* CatalogReader::Hold() {
  ++pins_.back().jobs_;
  return &pins_.back();
}

void CatalogReader::Release(Pin* pin) {
  if (--pin->jobs_ > 0 || pin == &pins_.back()) return;
  DropIfUnused(std::ranges::find_if(pins_, [pin](const Pin& held) { return &held == pin; }));
}

void CatalogReader::Rest() {
  if (!pins_.empty()) DropIfUnused(std::prev(pins_.end()));
}

void CatalogReader::DropIfUnused(std::list<Pin>::iterator pin) {
  if (pin->jobs_ > 0) return;
  pin->catalog_.reset();
  spare_.splice(spare_.end(), pins_, pin);
}

}  // namespace hillock::lifecycle
