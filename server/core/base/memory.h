#ifndef HILLOCK_SERVER_CORE_BASE_MEMORY_H_
#define HILLOCK_SERVER_CORE_BASE_MEMORY_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace hillock {

// The limit that a cgroup's file has: a count of bytes, or none for "max" (cgroup v2's memory.max)
// and for what v1's memory.limit_in_bytes has instead, a number near 2^63.
std::optional<size_t> ParseMemoryLimit(std::string_view text);

// The most memory that this process may use before the kernel ends it: the tightest limit of its
// cgroups, version 1 or 2, or else what the machine has.
size_t MemoryLimit();

// Resident memory of this process, in bytes.
size_t ResidentBytes();

}  // namespace hillock

#endif  // HILLOCK_SERVER_CORE_BASE_MEMORY_H_
