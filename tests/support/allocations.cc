// SPDX-License-Identifier: Apache-2.0
#include "tests/support/allocations.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

struct Watch {
  bool on = false;
  size_t limit = 0;
  size_t count = 0;
  size_t largest = 0;
  size_t bytes = 0;
};

thread_local constinit Watch watch;

bool Allows(size_t size) {
  if (!watch.on) return true;
  ++watch.count;
  watch.largest = std::max(watch.largest, size);
  watch.bytes += size;
  return size <= watch.limit;
}

void* OrThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return Allows(size) ? std::malloc(std::max<size_t>(size, 1)) : nullptr;
}
void* operator new(size_t size) { return OrThrow(operator new(size, std::nothrow)); }
void* operator new(size_t size, std::align_val_t alignment) {
  const auto boundary = static_cast<size_t>(alignment);
  const size_t rounded = (std::max<size_t>(size, 1) + boundary - 1) / boundary * boundary;
  return OrThrow(Allows(size) ? std::aligned_alloc(boundary, rounded) : nullptr);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace hillock::testing {

AllocationMeter::AllocationMeter(size_t limit) { watch = {true, limit}; }
AllocationMeter::~AllocationMeter() { watch = {}; }
size_t AllocationMeter::count() const { return watch.count; }
size_t AllocationMeter::largest() const { return watch.largest; }
size_t AllocationMeter::bytes() const { return watch.bytes; }

}  // namespace hillock::testing
