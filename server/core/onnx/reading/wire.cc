// SPDX-License-Identifier: Apache-2.0
#include "server/core/onnx/reading/wire.h"

#include <bit>
#include <cstring>

namespace hillock::onnx {
namespace {

constexpr int kTypeBits = 3;
constexpr int kVarintBits = 7;
constexpr int kMaxShift = 63;
constexpr uint64_t kMoreFollows = 0x80;

uint64_t Tag(uint32_t number, WireType type) {
  return uint64_t{number} << kTypeBits | static_cast<uint64_t>(type);
}

}  // namespace

float WireField::real() const { return std::bit_cast<float>(static_cast<uint32_t>(value)); }

bool TakeVarint(std::string_view& bytes, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift <= kMaxShift && !bytes.empty(); shift += kVarintBits) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & (kMoreFollows - 1)} << shift;
    if ((byte & kMoreFollows) == 0) return true;
  }
  return false;
}

bool WireReader::TakeFixed(size_t width, uint64_t& value) {
  if (rest_.size() < width) return false;
  value = 0;
  std::memcpy(&value, rest_.data(), width);
  rest_.remove_prefix(width);
  return true;
}

bool WireReader::Take(WireField& field) {
  uint64_t tag = 0;
  if (!TakeVarint(rest_, tag)) return false;
  field.number = static_cast<uint32_t>(tag >> kTypeBits);
  field.type = static_cast<WireType>(tag & ((1U << kTypeBits) - 1));
  if (field.number == 0 || tag >> kTypeBits > field.number) return false;
  switch (field.type) {
    case WireType::kVarint:
      return TakeVarint(rest_, field.value);
    case WireType::kFixed64:
      return TakeFixed(sizeof(uint64_t), field.value);
    case WireType::kFixed32:
      return TakeFixed(sizeof(uint32_t), field.value);
    case WireType::kBytes:
      if (!TakeVarint(rest_, field.value) || field.value > rest_.size()) return false;
      field.bytes = rest_.substr(0, field.value);
      rest_.remove_prefix(field.value);
      return true;
  }
  return false;
}

bool WireReader::Next(WireField& field) {
  field = {};
  if (!ok_ || rest_.empty()) return false;
  ok_ = Take(field);
  return ok_;
}

void WireWriter::Varint(uint64_t value) {
  for (; value >= kMoreFollows; value >>= kVarintBits) {
    bytes_ += static_cast<char>((value & (kMoreFollows - 1)) | kMoreFollows);
  }
  bytes_ += static_cast<char>(value);
}

WireWriter& WireWriter::Integer(uint32_t number, int64_t value) {
  Varint(Tag(number, WireType::kVarint));
  Varint(static_cast<uint64_t>(value));
  return *this;
}

WireWriter& WireWriter::Real(uint32_t number, float value) {
  Varint(Tag(number, WireType::kFixed32));
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  bytes_.append(bytes, sizeof(bytes));
  return *this;
}

WireWriter& WireWriter::Bytes(uint32_t number, std::string_view bytes) {
  Varint(Tag(number, WireType::kBytes));
  Varint(bytes.size());
  bytes_ += bytes;
  return *this;
}

}  // namespace hillock::onnx
