// SPDX-License-Identifier: Apache-2.0

// Products with weights of four or eight bits, as ONNX Runtime's weight-only quantizers pack them.

#include <fmt/format.h>

#include <utility>

#include "server/core/onnx/operators/operators.h"
#include "server/core/onnx/operators/products/dense.h"
#include "server/core/onnx/operators/rows.h"

namespace hillock::onnx {
namespace {

// The weights of an output are `blocks` of `block` elements each, the last one filled up; a block
// has a scale and a zero point. Elements of four bits are two in a byte, the first in its low half.
struct Packing {
  size_t inputs = 0;
  size_t outputs = 0;
  size_t bits = 0;
  size_t block = 0;

  size_t blocks() const { return (inputs + block - 1) / block; }
  size_t per_byte() const { return 8 / bits; }
  double middle() const { return bits == 4 ? 8 : 128; }

  // Element `index` of rows of bytes that hold `row` elements each.
  int64_t ElementOf(const Tensor& bytes, size_t output, size_t row, size_t index) const {
    const size_t stride = (row + per_byte() - 1) / per_byte();
    const int64_t byte = bytes.integers[output * stride + index / per_byte()];
    return bits == 8 ? byte : byte >> (index % 2 == 0 ? 0 : 4) & 0xf;
  }
};

absl::StatusOr<Packing> PackingOf(const Call& call) {
  constexpr int64_t kMost = int64_t{1} << 24;
  const int64_t bits = call.node.Integer("bits", 4);
  const int64_t inputs = call.node.Integer("K", 0);
  const int64_t outputs = call.node.Integer("N", 0);
  const int64_t block = call.node.Integer("block_size", 0);
  if (bits != 4 && bits != 8) {
    return absl::UnimplementedError(fmt::format("has weights of {} bits, want 4 or 8", bits));
  }
  for (const int64_t size : {inputs, outputs, block}) {
    if (size < 1 || size > kMost) return absl::InvalidArgumentError("has no sizes of its weights");
  }
  return Packing{static_cast<size_t>(inputs), static_cast<size_t>(outputs),
                 static_cast<size_t>(bits), static_cast<size_t>(block)};
}

absl::Status CheckSize(const Tensor& tensor, size_t want, std::string_view what) {
  if (tensor.size() == want) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("has {} {}, want {} for its weights", tensor.size(), what, want));
}

// The zero point of a block: packed like the weights, or a float.
double ZeroOf(const Packing& packing, const Tensor& zeros, size_t output, size_t block) {
  const size_t blocks = packing.blocks();
  return zeros.kind == Tensor::Kind::kIntegers
             ? static_cast<double>(packing.ElementOf(zeros, output, blocks, block))
             : double{zeros.floats[output * blocks + block]};
}

// A, packed weights, scales, zero points, an order of the inputs, bias.
Outcome MatMulNBits(const Call& call) {
  if (call.Has(4)) return absl::UnimplementedError("has weights in an order of their own");
  HILLOCK_ASSIGN_OR_RETURN(const Rows x, call.RowsAt(0));
  HILLOCK_ASSIGN_OR_RETURN(const Packing packing, PackingOf(call));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor packed, call.TensorAt(1));
  HILLOCK_ASSIGN_OR_RETURN(const Tensor scales, call.TensorAt(2));
  Tensor zeros;
  if (call.Has(3)) {
    HILLOCK_ASSIGN_OR_RETURN(zeros, call.TensorAt(3));
  }
  const size_t blocks = packing.blocks();
  const size_t bytes = blocks * packing.block / packing.per_byte();
  HILLOCK_RETURN_IF_ERROR(CheckSize(packed, packing.outputs * bytes, "bytes"));
  HILLOCK_RETURN_IF_ERROR(CheckSize(scales, packing.outputs * blocks, "scales"));
  const bool packs_zeros = zeros.kind == Tensor::Kind::kIntegers;
  const size_t zeros_of_output =
      packs_zeros ? (blocks + packing.per_byte() - 1) / packing.per_byte() : blocks;
  if (call.Has(3)) {
    HILLOCK_RETURN_IF_ERROR(CheckSize(zeros, packing.outputs * zeros_of_output, "zero points"));
  }
  if (packed.kind != Tensor::Kind::kIntegers || scales.kind != Tensor::Kind::kFloats) {
    return absl::InvalidArgumentError("has weights or scales of another type");
  }
  HILLOCK_RETURN_IF_ERROR(call.budget.Take(packing.outputs * packing.inputs, sizeof(float)));
  Dense dense{std::string(call.node.name), packing.inputs, packing.outputs, {}};
  for (size_t output = 0; output < packing.outputs; ++output) {
    for (size_t input = 0; input < packing.inputs; ++input) {
      const size_t block = input / packing.block;
      const double zero = call.Has(3) ? ZeroOf(packing, zeros, output, block) : packing.middle();
      const auto q =
          static_cast<double>(packing.ElementOf(packed, output, blocks * packing.block, input));
      const double scale = double{scales.floats[output * blocks + block]};
      dense.weights.push_back(static_cast<float>((q - zero) * scale));
    }
  }
  HILLOCK_ASSIGN_OR_RETURN(Rows y, Multiplied(call, x, std::move(dense)));
  if (!call.Has(5)) return y;
  HILLOCK_ASSIGN_OR_RETURN(const Rows bias, call.AnyRowsAt(5));
  HILLOCK_ASSIGN_OR_RETURN(y, Add(call, y, bias));
  return y;
}

constexpr OperatorRow kRows[] = {{kMicrosoftDomain, "MatMulNBits", MatMulNBits}};

}  // namespace

std::span<const OperatorRow> PackedOperators() { return kRows; }

}  // namespace hillock::onnx
