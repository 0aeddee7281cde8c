// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_LIFECYCLE_CATALOG_READER_H_
#define HILLOCK_SERVER_LIFECYCLE_CATALOG_READER_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "server/lifecycle/catalog_holder.h"

namespace hillock::lifecycle {

// One reactor's view of the catalogs: the one in force, and older ones as long as its jobs use
// their models. So a model lives until its last job is done, and no job counts references across
// threads: a pin counts them for this reactor alone.
//
//   pins_   oldest ... newest   each but the newest has jobs_ > 0; generations ascend
//
// Not thread-safe.
class CatalogReader {
 public:
  // A catalog that jobs use.
  class Pin {
   private:
    friend class CatalogReader;
    std::shared_ptr<const Catalog> catalog_;
    uint64_t generation_ = 0;
    size_t jobs_ = 0;
  };

  // `holder` must outlive this.
  explicit CatalogReader(const CatalogHolder& holder) : holder_(holder) {}

  // The newest catalog. It lives until the next call of this or of Rest(), and longer while pinned.
  const Catalog& Current();

  // Keeps the catalog that Current() gave last for one job, until Release().
  Pin* Hold();
  void Release(Pin* pin);

  // Lets go of the newest catalog, unless it is held: for a reactor that may sleep long and would
  // keep what was unloaded meanwhile.
  void Rest();

 private:
  void DropIfUnused(std::list<Pin>::iterator pin);

  const CatalogHolder& holder_;
  std::list<Pin> pins_;   // oldest first
  std::list<Pin> spare_;  // empty ones, so that a round allocates nothing
};

}  // namespace hillock::lifecycle

#endif  // HILLOCK_SERVER_LIFECYCLE_CATALOG_READER_H_
