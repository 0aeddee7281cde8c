// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_BASE_MEMORY_H_
#define HILLOCK_SERVER_CORE_BASE_MEMORY_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace hillock {

// The limit in the text of a cgroup's memory file: a count of bytes; none for "max" (version 2's
// memory.max) and for a number near 2^63 (version 1's memory.limit_in_bytes).
std::optional<size_t> ParseMemoryLimit(std::string_view text);

// The most memory that this process may use before the kernel kills it: the tightest limit of its
// cgroups, version 1 or 2, or without one the memory of the machine.
size_t MemoryLimit();

// Resident memory of this process, in bytes.
size_t ResidentBytes();

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_MEMORY_H_
