// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "server/core/base/aligned_buffer.h"
#include "server/core/base/background_thread.h"
#include "server/core/kernel/onednn.h"
#include "server/core/kernel/onednn_call.h"
#include "server/core/kernel/onednn_primitives.h"
#include "server/core/kernel/output_tiles.h"

namespace hillock::kernel::onednn {

using dnnl::memory;

namespace {

// The primitives of a tile, by bucket.
struct Primitives {
  std::vector<Prepared> plain;
  std::vector<Prepared> fused;  // empty without an activation
};

// One output tile with its share of the weights.
struct Tile {
  size_t first;  // output
  AlignedBuffer<float> weights_storage;
  AlignedBuffer<float> bias_storage;
  memory weights;
  memory bias;
  std::shared_ptr<const Primitives> primitives;

  size_t outputs() const { return bias_storage.size(); }
};

void Pack(const memory::desc& layout, const DenseShape& shape, std::span<const float> source,
          Tile& tile) {
  // The layout is the library's: padded to its blocks, and of two bytes a number in bf16.
  const size_t floats = (layout.get_size() + sizeof(float) - 1) / sizeof(float);
  tile.weights_storage = AlignedBuffer<float>(floats);
  tile.weights = memory(layout, Cpu(), tile.weights_storage.data());
  memory plain(Matrix(shape.outputs, shape.inputs), Cpu(), const_cast<float*>(source.data()));
  dnnl::stream stream(Cpu());
  dnnl::reorder(plain, tile.weights).execute(stream, plain, tile.weights);
  stream.wait();
}

void CopyBias(std::span<const float> source, Tile& tile) {
  tile.bias_storage = AlignedBuffer<float>(source.size());
  std::ranges::copy(source, tile.bias_storage.data());
  tile.bias = memory(Vector(source.size()), Cpu(), tile.bias_storage.data());
}

}  // namespace

struct Dense::Impl {
  size_t outputs = 0;
  std::span<const size_t> buckets{};  // while the tiles are made
  std::optional<Algorithm> fused{};
  std::vector<Tile> tiles{};
  std::string implementation{};

  std::vector<Prepared> PrepareBuckets(const DenseShape& shape, const memory::desc& layout,
                                       const std::optional<Algorithm>& activation) const {
    std::vector<Prepared> prepared;
    for (const size_t rows : buckets) {
      YieldIfContended();
      prepared.push_back(PrepareDense(rows, shape, layout, activation));
      // One tile of several: its result goes through scratch to its columns, see Spread.
      if (shape.outputs < outputs) {
        prepared.back().rows = rows;
        prepared.back().cols = shape.outputs;
      }
    }
    return prepared;
  }

  // Tiles as wide as each other share their primitives: those depend on the shape and the layout
  // alone, and only the last tile may be narrower.
  std::shared_ptr<const Primitives> PrimitivesOf(const DenseShape& shape,
                                                 const memory::desc& layout) const {
    if (!tiles.empty() && tiles.back().outputs() == shape.outputs) return tiles.back().primitives;
    Primitives made;
    made.plain = PrepareBuckets(shape, layout, std::nullopt);
    if (fused) made.fused = PrepareBuckets(shape, layout, fused);
    return std::make_shared<const Primitives>(std::move(made));
  }

  // The largest bucket decides the layout of the weights, as it is where time is spent; then the
  // primitives of every bucket are made for that layout. `weights` and `bias` are the tile's alone.
  void AddTile(size_t first, const DenseShape& shape, std::span<const float> weights,
               std::span<const float> bias) {
    const auto largest = DescribeDense(buckets.back(), shape, AnyWeights(shape), std::nullopt);
    if (tiles.empty()) implementation = largest.impl_info_str();
    Tile tile;
    tile.first = first;
    Pack(largest.weights_desc(), shape, weights, tile);
    CopyBias(bias, tile);
    tile.primitives = PrimitivesOf(shape, tile.weights.get_desc());
    tiles.push_back(std::move(tile));
  }
};

Dense::Dense(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dense::~Dense() = default;

absl::StatusOr<std::unique_ptr<Dense>> Dense::Create(size_t inputs, size_t outputs,
                                                     std::span<const float> weights,
                                                     std::span<const float> bias,
                                                     std::span<const size_t> buckets,
                                                     const std::optional<Algorithm>& fused,
                                                     Precision precision) try {
  UseOneThread();
  auto impl = std::make_unique<Impl>(Impl{outputs, buckets, fused});
  for (const OutputTile& tile : TilesOf(inputs, outputs)) {
    impl->AddTile(tile.first, {inputs, tile.outputs, precision},
                  weights.subspan(tile.first * inputs, tile.outputs * inputs),
                  bias.subspan(tile.first, tile.outputs));
  }
  impl->buckets = {};
  return std::unique_ptr<Dense>(new Dense(std::move(impl)));
} catch (const dnnl::error& error) {
  return FromException(fmt::format("dense {}x{} in {}", inputs, outputs, PrecisionName(precision)),
                       error);
}

size_t Dense::scratch_bytes() const {
  size_t bytes = 0;
  for (const Tile& tile : impl_->tiles) {
    bytes = std::max(
        {bytes, LargestScratch(tile.primitives->plain), LargestScratch(tile.primitives->fused)});
  }
  return bytes;
}

size_t Dense::bytes() const {
  size_t floats = 0;
  for (const Tile& tile : impl_->tiles) {
    floats += tile.weights_storage.size() + tile.bias_storage.size();
  }
  return floats * sizeof(float);
}

const std::string& Dense::implementation() const { return impl_->implementation; }

Call Dense::Bind(size_t bucket, bool with_activation, const float* src, float* dst,
                 Workspace& workspace) const {
  Binder binder(workspace);
  for (const Tile& tile : impl_->tiles) {
    const Primitives& primitives = *tile.primitives;
    const auto& prepared = with_activation ? primitives.fused : primitives.plain;
    binder.AddTile(prepared[bucket], src, dst + tile.first, impl_->outputs)
        .Add(DNNL_ARG_WEIGHTS, tile.weights)
        .Add(DNNL_ARG_BIAS, tile.bias);
  }
  return binder.Take();
}

}  // namespace hillock::kernel::onednn
