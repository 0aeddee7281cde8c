// SPDX-License-Identifier: Apache-2.0

// The kernels of the row operations, apart from the dense layer: what model/row_operation.h
// defines.
//
// Every kernel is a class made from what is known before the rows are, with
//
//   void Run(Sources sources, float* dst, size_t rows) const noexcept;
//
// where a source is [rows][its width] and dst is [rows][outputs], row-major, at any alignment. dst
// overlaps no source, but that of Scale, Combine, Normalize and DynamicQuantize may be a source as
// wide as itself. Kernels are immutable, so thread-safe, allocate nothing in Run() and cannot fail.
// An element depends on its own row alone, bit for bit, but for DynamicQuantize's.

#ifndef HILLOCK_SERVER_CORE_KERNEL_ROW_SOURCES_H_
#define HILLOCK_SERVER_CORE_KERNEL_ROW_SOURCES_H_

#include <span>

namespace hillock::kernel::row {

using Sources = std::span<const float* const>;

}  // namespace hillock::kernel::row

#endif  // HILLOCK_SERVER_CORE_KERNEL_ROW_SOURCES_H_
