// SPDX-License-Identifier: Apache-2.0
#include "server/core/base/pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace hillock {
namespace {

size_t Rounded(size_t bytes) { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

}  // namespace

void* MapPages(size_t bytes) {
  // One page more, as the system aligns to small pages only; what is beside is given back.
  const size_t wanted = Rounded(bytes);
  void* const mapped =
      mmap(nullptr, wanted + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<char*>(mapped);
  const size_t before =
      Rounded(reinterpret_cast<uintptr_t>(begin)) - reinterpret_cast<uintptr_t>(begin);
  char* const pages = begin + before;
  if (before > 0) munmap(begin, before);
  if (before < kHugePage) munmap(pages + wanted, kHugePage - before);
  madvise(pages, wanted, MADV_HUGEPAGE);  // advice only: small pages do as well
  return pages;
}

void UnmapPages(void* pages, size_t bytes) { munmap(pages, Rounded(bytes)); }

}  // namespace hillock
