// SPDX-License-Identifier: Apache-2.0

// Watches operator new of the whole test binary. Linking this page replaces it.

#ifndef HILLOCK_TESTS_SUPPORT_ALLOCATIONS_H_
#define HILLOCK_TESTS_SUPPORT_ALLOCATIONS_H_

#include <cstddef>

namespace hillock::testing {

// Counts what this thread allocates while it lives. One at a time.
class AllocationMeter {
 public:
  // A single allocation above `limit` bytes fails with std::bad_alloc, and so harms nobody.
  explicit AllocationMeter(size_t limit = static_cast<size_t>(-1));
  ~AllocationMeter();
  AllocationMeter(const AllocationMeter&) = delete;
  AllocationMeter& operator=(const AllocationMeter&) = delete;

  size_t count() const;
  size_t largest() const;  // bytes asked for at once, refused ones included
  size_t bytes() const;    // asked for in all, what was given back included
};

}  // namespace hillock::testing

#endif  // HILLOCK_TESTS_SUPPORT_ALLOCATIONS_H_
