// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_CATALOG_HOLDER_H_
#define HILLOCK_SERVER_LIFECYCLE_CATALOG_HOLDER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "server/core/base/mutex.h"
#include "server/lifecycle/catalog.h"

namespace hillock::lifecycle {

// The catalog in force. Readers take a snapshot, which stays whole while a newer one is published.
// Publish() stores the catalog before it counts the generation up, so a reader that has seen a
// generation gets that catalog or a newer one. Thread-safe.
class CatalogHolder {
 public:
  std::shared_ptr<const Catalog> Snapshot() const {
    const MutexLock lock(mutex_);
    return catalog_;
  }

  // Whoever reads generation() after this has returned sees that there is a newer catalog.
  void Publish(std::shared_ptr<const Catalog> catalog) {
    {
      const MutexLock lock(mutex_);
      catalog_.swap(catalog);  // the old one is freed after the lock
    }
    generation_.fetch_add(1);
  }

  // Grows with every catalog; costs a load.
  uint64_t generation() const { return generation_.load(); }

 private:
  std::atomic<uint64_t> generation_{1};
  mutable Mutex mutex_;
  std::shared_ptr<const Catalog> catalog_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const Catalog>(std::vector<CatalogEntry>());
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_CATALOG_HOLDER_H_
