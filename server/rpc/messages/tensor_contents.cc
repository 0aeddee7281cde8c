// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/tensor_contents.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "server/core/model/elements.h"
#include "server/rpc/messages/typed_contents.h"

namespace hillock::rpc {
namespace {

using model::Datatype;
using model::DatatypeKind;

float FloatAt(const TensorContents& contents, size_t index) {
  float value;
  std::memcpy(&value, contents.floats + index * sizeof value, sizeof value);
  return value;
}

// The string that a float stands for; the empty one for a float that stands for none.
std::string_view WordAt(const TensorContents& contents, size_t index) {
  const float position = std::nearbyint(FloatAt(contents, index));
  const bool is_one = position >= 0 && position < static_cast<float>(contents.words.size());
  return is_one ? contents.words[static_cast<size_t>(position)] : std::string_view();
}

uint64_t VarintAt(const TensorContents& contents, size_t index) {
  return static_cast<uint64_t>(model::IntegerOf(contents.datatype, FloatAt(contents, index)));
}

// Varints are as long as their numbers; the others have their size in memory.
bool IsVarint(const TensorContents& contents) {
  return contents.typed && model::SpecOf(contents.datatype).kind == DatatypeKind::kInteger;
}

size_t StringBytes(const TensorContents& contents) {
  size_t bytes = 0;
  for (size_t i = 0; i < contents.count; ++i) {
    const size_t size = WordAt(contents, i).size();
    bytes += contents.typed ? BytesFieldSize(size) : sizeof(uint32_t) + size;
  }
  return bytes;
}

size_t VarintBytes(const TensorContents& contents) {
  size_t bytes = 0;
  for (size_t i = 0; i < contents.count; ++i) bytes += VarintSize(VarintAt(contents, i));
  return bytes;
}

void WriteStrings(const TensorContents& contents, WireWriter& out) {
  for (size_t i = 0; i < contents.count; ++i) {
    const std::string_view word = WordAt(contents, i);
    if (contents.typed) {
      out.BytesField(8, word);
    } else {
      const auto length = static_cast<uint32_t>(word.size());
      out.Bytes(&length, sizeof length);
      out.Bytes(word.data(), word.size());
    }
  }
}

}  // namespace

std::optional<size_t> FixedBytes(const TensorContents& contents) {
  if (contents.datatype == Datatype::kBytes || IsVarint(contents)) return std::nullopt;
  const size_t bytes = contents.count * model::SpecOf(contents.datatype).bytes;
  return contents.typed && bytes > 0 ? BytesFieldSize(bytes) : bytes;
}

size_t BytesOf(const TensorContents& contents) {
  if (const auto fixed = FixedBytes(contents)) return *fixed;
  if (contents.datatype == Datatype::kBytes) return StringBytes(contents);
  return contents.count == 0 ? 0 : BytesFieldSize(VarintBytes(contents));
}

void Write(const TensorContents& contents, WireWriter& out) {
  if (contents.datatype == Datatype::kBytes) return WriteStrings(contents, out);
  if (contents.count == 0) return;
  const uint32_t field = FieldOf(contents.datatype).number;
  if (IsVarint(contents)) {
    out.BeginField(field, VarintBytes(contents));
    for (size_t i = 0; i < contents.count; ++i) out.Varint(VarintAt(contents, i));
    return;
  }
  const size_t bytes = contents.count * model::SpecOf(contents.datatype).bytes;
  if (contents.typed) out.BeginField(field, bytes);
  model::FromFloats(contents.datatype, contents.floats, contents.count, out.Skip(bytes));
}

}  // namespace hillock::rpc
