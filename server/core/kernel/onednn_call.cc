// SPDX-License-Identifier: Apache-2.0
#include "server/core/kernel/onednn_call.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/core/base/aligned_buffer.h"

namespace hillock::kernel::onednn {

using dnnl::memory;

struct Workspace::Impl {
  dnnl::stream stream{Cpu()};
  AlignedBuffer<std::byte> scratch;
};

Workspace::Workspace(size_t scratch_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->scratch = AlignedBuffer<std::byte>(std::max<size_t>(scratch_bytes, 1));
}
Workspace::~Workspace() = default;

struct Call::Impl {
  // A tile's result to be copied into rows of `stride` floats; none when rows is 0. oneDNN's packed
  // kernels write whole rows only.
  struct Spread {
    const float* src = nullptr;
    float* dst = nullptr;
    size_t rows = 0;
    size_t cols = 0;
    size_t stride = 0;

    void Run() const {
      for (size_t r = 0; r < rows; ++r) std::copy_n(src + r * cols, cols, dst + r * stride);
    }
  };

  struct Tile {
    dnnl::primitive primitive;
    std::vector<memory> memories;  // they own the handles in `args`
    std::vector<dnnl_exec_arg_t> args;
    Spread spread;

    void Add(int argument, memory value) {
      args.push_back({argument, value.get()});
      memories.push_back(std::move(value));
    }
  };

  Rounding rounding;  // of `source`, before the first tile
  const float* source = nullptr;
  void* rounded = nullptr;
  dnnl::stream stream;
  std::vector<Tile> tiles;
};

Call::Call() = default;
Call::Call(Call&&) noexcept = default;
Call& Call::operator=(Call&&) noexcept = default;
Call::~Call() = default;

bool Call::Run() noexcept {
  for (size_t tile = 0; tile < impl_->tiles.size(); ++tile) {
    if (!RunTile(tile)) return false;
  }
  return true;
}

// Runs through the C interface: the C++ one takes a map of the arguments and copies it to such an
// array at every call. The first tile rounds for all, as they read the same source; another call of
// the workspace may overwrite what it wrote.
bool Call::RunTile(size_t tile) noexcept {
  [[maybe_unused]] thread_local const bool kSingle = UseOneThread();
  const Rounding& rounding = impl_->rounding;
  if (tile == 0 && rounding.to != nullptr) {
    rounding.to(impl_->source, impl_->rounded, rounding.n);
  }
  const Impl::Tile& bound = impl_->tiles[tile];
  const bool done = dnnl_primitive_execute(bound.primitive.get(), impl_->stream.get(),
                                           static_cast<int>(bound.args.size()),
                                           bound.args.data()) == dnnl_success;
  if (done) bound.spread.Run();
  return done;
}

Binder::Binder(Workspace& workspace) : scratch_(workspace.impl_->scratch.data()) {
  call_.impl_ = std::make_unique<Call::Impl>();
  call_.impl_->stream = workspace.impl_->stream;
}

Binder& Binder::AddTile(const Prepared& prepared, const float* src, float* dst, size_t stride) {
  Call::Impl::Tile& tile = call_.impl_->tiles.emplace_back();
  float* result = dst;
  if (prepared.rows > 0) {
    result = reinterpret_cast<float*>(scratch_ + prepared.ResultAt());
    tile.spread = {result, dst, prepared.rows, prepared.cols, stride};
  }
  tile.primitive = prepared.primitive;
  tile.Add(DNNL_ARG_SRC, memory(prepared.src, Cpu(), Source(prepared, src)));
  tile.Add(DNNL_ARG_DST, memory(prepared.dst, Cpu(), result));
  tile.Add(DNNL_ARG_SCRATCHPAD, memory(prepared.scratch, Cpu(), scratch_ + prepared.OwnAt()));
  return *this;
}

Binder& Binder::Add(int argument, memory value) {
  call_.impl_->tiles.back().Add(argument, std::move(value));
  return *this;
}

Call Binder::Take() { return std::move(call_); }

void* Binder::Source(const Prepared& prepared, const float* src) {
  // oneDNN's handle type has no const; the source is only read.
  if (prepared.rounding.to == nullptr) return const_cast<float*>(src);
  call_.impl_->rounding = prepared.rounding;
  call_.impl_->source = src;
  call_.impl_->rounded = scratch_;
  return scratch_;
}

}  // namespace hillock::kernel::onednn
