#ifndef HILLOCK_SERVER_CORE_BASE_PAGES_H_
#define HILLOCK_SERVER_CORE_BASE_PAGES_H_

#include <cstddef>

namespace hillock {

// Memory of this many bytes and more comes in huge pages where the system has them: a page fault
// for 512 small ones, and fewer misses when a matrix is read through.
inline constexpr size_t kHugePage = size_t{2} << 20;

// Zeroed memory straight from the system, which begins on a huge page. Throws std::bad_alloc.
// Thread-safe.
void* MapPages(size_t bytes);

// Gives it back at once. REQUIRES: `pages` came from MapPages(bytes).
void UnmapPages(void* pages, size_t bytes);

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_PAGES_H_
