// SPDX-License-Identifier: Apache-2.0

// Binding primitives to buffers. Only for the files onednn*.cc.

#ifndef HILLOCK_SERVER_CORE_KERNEL_ONEDNN_CALL_H_
#define HILLOCK_SERVER_CORE_KERNEL_ONEDNN_CALL_H_

#include <cstddef>
#include <dnnl.hpp>

#include "server/core/kernel/onednn.h"
#include "server/core/kernel/onednn_primitives.h"

namespace hillock::kernel::onednn {

// Makes a call, tile by tile: AddTile(), then Add() for each of its further arguments; Take() last.
// Not thread-safe. May throw dnnl::error.
class Binder {
 public:
  // The workspace must outlive the call.
  explicit Binder(Workspace& workspace);

  // A primitive that reads src, and whose result goes to dst: at once where it has whole rows, else
  // (prepared.rows > 0) by a copy to the columns from dst on of rows of `stride` floats.
  Binder& AddTile(const Prepared& prepared, const float* src, float* dst, size_t stride);

  // An argument of the last tile, by its DNNL_ARG number.
  Binder& Add(int argument, dnnl::memory value);

  Call Take();

 private:
  void* Source(const Prepared& prepared, const float* src);

  std::byte* scratch_;
  Call call_;
};

}  // namespace hillock::kernel::onednn

#endif  // HILLOCK_SERVER_CORE_KERNEL_ONEDNN_CALL_H_
