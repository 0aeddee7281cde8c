// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_PAGES_H_
#define HILLOCK_SERVER_CORE_BASE_PAGES_H_

#include <cstddef>

namespace hillock {

// Buffers from this size on are in huge pages where the system has them: one page fault in place of
// 512, and fewer TLB misses while a matrix is read.
inline constexpr size_t kHugePage = size_t{2} << 20;

// Zeroed memory mapped from the system, aligned to a huge page. Throws std::bad_alloc.
// Thread-safe.
void* MapPages(size_t bytes);

// Returns it to the system. REQUIRES: `pages` came from MapPages(bytes).
void UnmapPages(void* pages, size_t bytes);

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_PAGES_H_
