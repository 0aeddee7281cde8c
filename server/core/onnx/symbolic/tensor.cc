// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/symbolic/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <ranges>
#include <type_traits>

#include "server/core/base/half.h"
#include "server/core/onnx/reading/fields.h"
#include "server/core/onnx/reading/wire.h"

namespace hillock::onnx {
namespace {

constexpr size_t kMaxText = 16;  // sizes of a shape that is no tensor's
constexpr size_t kBlock = 32;    // floats: a block of rows and columns stays in the nearest cache

absl::StatusOr<float> FromDouble(double value) {
  const auto rounded = static_cast<float>(value);
  if (std::isfinite(value) && !std::isfinite(rounded)) {
    return absl::InvalidArgumentError(
        fmt::format("holds the double {}, want numbers that a 32-bit float can hold", value));
  }
  return rounded;
}

// How a type is stored in raw data, and in which field otherwise.
struct Encoding {
  DataType type;
  size_t bytes;
  uint32_t field;
  Tensor::Kind kind;
};

constexpr Encoding kEncodings[] = {
    {DataType::kFloat, 4, tensor_field::kFloats, Tensor::Kind::kFloats},
    {DataType::kDouble, 8, tensor_field::kDoubles, Tensor::Kind::kFloats},
    {DataType::kFloat16, 2, tensor_field::kInt32s, Tensor::Kind::kFloats},
    {DataType::kBfloat16, 2, tensor_field::kInt32s, Tensor::Kind::kFloats},
    {DataType::kInt64, 8, tensor_field::kInt64s, Tensor::Kind::kIntegers},
    {DataType::kInt32, 4, tensor_field::kInt32s, Tensor::Kind::kIntegers},
    {DataType::kInt16, 2, tensor_field::kInt32s, Tensor::Kind::kIntegers},
    {DataType::kInt8, 1, tensor_field::kInt32s, Tensor::Kind::kIntegers},
    {DataType::kUint64, 8, tensor_field::kUint64s, Tensor::Kind::kIntegers},
    {DataType::kUint32, 4, tensor_field::kUint64s, Tensor::Kind::kIntegers},
    {DataType::kUint16, 2, tensor_field::kInt32s, Tensor::Kind::kIntegers},
    {DataType::kUint8, 1, tensor_field::kInt32s, Tensor::Kind::kIntegers},
    {DataType::kBool, 1, tensor_field::kInt32s, Tensor::Kind::kIntegers},
    {DataType::kString, 0, tensor_field::kStrings, Tensor::Kind::kStrings},
};

bool IsSigned(DataType type) {
  return type == DataType::kInt8 || type == DataType::kInt16 || type == DataType::kInt32;
}

// Element `bits`, little-endian and cut to the type's width, as the tensor's kind holds it.
absl::Status AppendElement(const Encoding& encoding, uint64_t bits, Tensor& tensor) {
  switch (encoding.type) {
    case DataType::kFloat:
      tensor.floats.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
      return absl::OkStatus();
    case DataType::kDouble: {
      HILLOCK_ASSIGN_OR_RETURN(const float value, FromDouble(std::bit_cast<double>(bits)));
      tensor.floats.push_back(value);
      return absl::OkStatus();
    }
    case DataType::kFloat16:
      tensor.floats.push_back(HalfToFloat(static_cast<uint16_t>(bits)));
      return absl::OkStatus();
    case DataType::kBfloat16:
      tensor.floats.push_back(Bfloat16ToFloat(static_cast<uint16_t>(bits)));
      return absl::OkStatus();
    default: {
      // Up to the top and, with its sign, down again.
      const size_t unused = 64 - 8 * encoding.bytes;
      const auto high = static_cast<int64_t>(bits << unused);
      tensor.integers.push_back(IsSigned(encoding.type) ? high >> unused
                                                        : static_cast<int64_t>(bits));
      return absl::OkStatus();
    }
  }
}

absl::Status WrongLength(size_t got, size_t want, const Tensor& tensor) {
  return absl::InvalidArgumentError(
      fmt::format("has {} elements, want {} for its shape {}", got, want, ShapeText(tensor.shape)));
}

absl::Status DecodeRaw(const Encoding& encoding, std::string_view raw, size_t count,
                       Tensor& tensor) {
  if (encoding.bytes == 0 || raw.size() != count * encoding.bytes) {
    return absl::InvalidArgumentError(fmt::format("has {} bytes, want {} for its shape {}",
                                                  raw.size(), count * encoding.bytes,
                                                  ShapeText(tensor.shape)));
  }
  if (encoding.type == DataType::kFloat) {
    tensor.floats.resize(count);
    if (count > 0) std::memcpy(tensor.floats.data(), raw.data(), raw.size());
    return absl::OkStatus();
  }
  for (size_t i = 0; i < count; ++i) {
    uint64_t bits = 0;
    std::memcpy(&bits, raw.data() + i * encoding.bytes, encoding.bytes);
    HILLOCK_RETURN_IF_ERROR(AppendElement(encoding, bits, tensor));
  }
  return absl::OkStatus();
}

// The elements of one field of the typed lists: packed, or one by one. Reads one more than `count`
// at the most, which is enough to know that there are too many.
absl::Status DecodeField(const Encoding& encoding, const WireField& field, size_t count,
                         Tensor& tensor) {
  if (encoding.kind == Tensor::Kind::kStrings) {
    tensor.strings.emplace_back(field.bytes);
    return absl::OkStatus();
  }
  if (field.type != WireType::kBytes) return AppendElement(encoding, field.value, tensor);
  const bool fixed =
      encoding.field == tensor_field::kFloats || encoding.field == tensor_field::kDoubles;
  std::string_view rest = field.bytes;
  while (!rest.empty() && tensor.size() <= count) {
    uint64_t bits = 0;
    if (fixed && rest.size() >= encoding.bytes) {
      std::memcpy(&bits, rest.data(), encoding.bytes);
      rest.remove_prefix(encoding.bytes);
    } else if (fixed || !TakeVarint(rest, bits)) {
      return absl::DataLossError("its elements are cut short");
    }
    HILLOCK_RETURN_IF_ERROR(AppendElement(encoding, bits, tensor));
  }
  return absl::OkStatus();
}

absl::Status DecodeTyped(const Encoding& encoding, std::string_view message, size_t count,
                         Budget& budget, Tensor& tensor) {
  budget.Spend(message.size());
  HILLOCK_RETURN_IF_ERROR(budget.CheckSteps());
  // Every element takes at least a byte, so the message bears out what is reserved.
  if (count > message.size()) return WrongLength(0, count, tensor);
  if (encoding.kind == Tensor::Kind::kFloats) tensor.floats.reserve(count);
  if (encoding.kind == Tensor::Kind::kIntegers) tensor.integers.reserve(count);
  WireReader reader(message);
  WireField field;
  while (reader.Next(field)) {
    if (field.number == encoding.field) {
      HILLOCK_RETURN_IF_ERROR(DecodeField(encoding, field, count, tensor));
    }
    if (tensor.size() > count) return WrongLength(tensor.size(), count, tensor);
  }
  return tensor.size() == count ? absl::OkStatus() : WrongLength(tensor.size(), count, tensor);
}

absl::StatusOr<std::string_view> ExternalBytes(const TensorView& view, const ExternalFile& external,
                                               size_t want) {
  HILLOCK_ASSIGN_OR_RETURN(const std::string_view file, external(view.location));
  const uint64_t length = view.length.value_or(want);
  if (view.offset > file.size() || length > file.size() - view.offset) {
    return absl::DataLossError(fmt::format("wants {} bytes at offset {} of '{}', which has {}",
                                           length, view.offset, Excerpt(view.location),
                                           file.size()));
  }
  return file.substr(view.offset, length);
}

absl::Status Decode(const Encoding& encoding, const TensorView& view, const ExternalFile& external,
                    size_t count, Budget& budget, Tensor& tensor) {
  if (view.external) {
    HILLOCK_ASSIGN_OR_RETURN(const std::string_view bytes,
                             ExternalBytes(view, external, count * encoding.bytes));
    return DecodeRaw(encoding, bytes, count, tensor);
  }
  if (!view.raw.empty()) return DecodeRaw(encoding, view.raw, count, tensor);
  return DecodeTyped(encoding, view.message, count, budget, tensor);
}

// Integers of four bits, two in a byte: the first in its low half; the last byte may hold one.
absl::StatusOr<Tensor> ReadHalves(const TensorView& view, const ExternalFile& external,
                                  Budget& budget) {
  constexpr Encoding kBytes{DataType::kUint8, 1, tensor_field::kInt32s, Tensor::Kind::kIntegers};
  Tensor tensor{.kind = Tensor::Kind::kIntegers, .shape = view.shape, .type = view.type};
  HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(tensor.shape));
  Tensor packed{.kind = Tensor::Kind::kIntegers, .shape = view.shape};
  HILLOCK_RETURN_IF_ERROR(Decode(kBytes, view, external, (count + 1) / 2, budget, packed));
  HILLOCK_RETURN_IF_ERROR(budget.Take(count, sizeof(int64_t)));
  for (size_t i = 0; i < count; ++i) {
    const int64_t bits = packed.integers[i / 2] >> (i % 2 == 0 ? 0 : 4) & 0xf;
    tensor.integers.push_back(view.type == DataType::kInt4 && bits > 7 ? bits - 16 : bits);
  }
  return tensor;
}

}  // namespace

size_t Tensor::size() const {
  switch (kind) {
    case Kind::kIntegers:
      return integers.size();
    case Kind::kStrings:
      return strings.size();
    default:
      return floats.size();
  }
}

absl::Status Tensor::Charge(Budget& budget) const {
  if (kind == Kind::kStrings) return budget.TakeStrings(strings);
  return budget.Take(size(), kind == Kind::kFloats ? sizeof(float) : sizeof(int64_t));
}

// Sizes of 0 are left out of the product, so that what stands beside them is bounded, too.
absl::StatusOr<size_t> ElementCount(const std::vector<int64_t>& shape) {
  if (shape.size() > kMaxRank) {
    return absl::InvalidArgumentError(
        fmt::format("has {} axes, want at most {}", shape.size(), kMaxRank));
  }
  size_t count = 1;
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0 || (size > 0 && count > static_cast<size_t>(kMaxElements / size))) {
      return absl::InvalidArgumentError(fmt::format("has shape {}", ShapeText(shape)));
    }
    if (size > 0) count *= static_cast<size_t>(size);
    empty = empty || size == 0;
  }
  return empty ? 0 : count;
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape | std::views::take(kMaxText)) {
    const bool is_batch = IsBatch(size);
    const std::string times = is_batch && size != kBatch ? fmt::format("{} ", TimesOf(size)) : "";
    sizes.push_back(is_batch ? times + "rows" : fmt::format("{}", size));
  }
  if (shape.size() > kMaxText) sizes.push_back(fmt::format("... {} sizes", shape.size()));
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

absl::StatusOr<Tensor> ReadTensor(const TensorView& view, const ExternalFile& external,
                                  Budget& budget) {
  if (view.type == DataType::kInt4 || view.type == DataType::kUint4) {
    return ReadHalves(view, external, budget);
  }
  Tensor tensor;
  tensor.shape = view.shape;
  tensor.type = view.type;
  for (const Encoding& encoding : kEncodings) {
    if (encoding.type != view.type) continue;
    tensor.kind = encoding.kind;
    HILLOCK_ASSIGN_OR_RETURN(const size_t count, ElementCount(tensor.shape));
    HILLOCK_RETURN_IF_ERROR(Decode(encoding, view, external, count, budget, tensor));
    HILLOCK_RETURN_IF_ERROR(tensor.Charge(budget));
    return tensor;
  }
  return absl::UnimplementedError(
      fmt::format("has elements of ONNX type {}", static_cast<int>(view.type)));
}

DataType TypeOf(const Tensor& tensor) {
  switch (tensor.kind) {
    case Tensor::Kind::kFloats:
      return DataType::kFloat;
    case Tensor::Kind::kStrings:
      return DataType::kString;
    default:
      return DataType::kInt64;
  }
}

Tensor Scalar(float value) { return {.floats = {value}}; }

Tensor IntegerVector(std::vector<int64_t> values) {
  Tensor tensor{.kind = Tensor::Kind::kIntegers, .shape = {static_cast<int64_t>(values.size())}};
  tensor.integers = std::move(values);
  return tensor;
}

std::vector<float> Transposed(const std::vector<float>& from, size_t rows, size_t cols) {
  std::vector<float> to(from.size());
  for (size_t r0 = 0; r0 < rows; r0 += kBlock) {
    for (size_t c0 = 0; c0 < cols; c0 += kBlock) {
      for (size_t r = r0; r < std::min(rows, r0 + kBlock); ++r) {
        for (size_t c = c0; c < std::min(cols, c0 + kBlock); ++c) {
          to[c * rows + r] = from[r * cols + c];
        }
      }
    }
  }
  return to;
}

}  // namespace hillock::onnx
