// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/messages/typed_contents.h"

#include <array>
#include <cstring>

#include "server/core/base/status.h"
#include "server/rpc/messages/wire_reader.h"

namespace hillock::rpc {
namespace {

using model::Datatype;

constexpr size_t kBlock = 256;  // elements

// As protobuf reads them: a number that is too wide for the field loses its high bits.
uint64_t ElementOf(Datatype stored, uint64_t varint) {
  return stored == Datatype::kBool ? static_cast<uint64_t>(varint != 0) : varint;
}

}  // namespace

ContentsField FieldOf(Datatype datatype) {
  switch (datatype) {
    case Datatype::kBool:
      return {1, "bool_contents", Datatype::kBool};
    case Datatype::kInt8:
    case Datatype::kInt16:
    case Datatype::kInt32:
      return {2, "int_contents", Datatype::kInt32};
    case Datatype::kInt64:
      return {3, "int64_contents", Datatype::kInt64};
    case Datatype::kUint8:
    case Datatype::kUint16:
    case Datatype::kUint32:
      return {4, "uint_contents", Datatype::kUint32};
    case Datatype::kUint64:
      return {5, "uint64_contents", Datatype::kUint64};
    case Datatype::kFp32:
      return {6, "fp32_contents", Datatype::kFp32};
    case Datatype::kFp64:
      return {7, "fp64_contents", Datatype::kFp64};
    case Datatype::kBytes:
      return {8, "bytes_contents", Datatype::kBytes};
    default:
      return {};
  }
}

void ForEachBlock(const InputView& input, Datatype datatype,
                  absl::FunctionRef<void(const char* elements, size_t count)> take) {
  const Datatype stored = FieldOf(datatype).stored;
  const size_t bytes = model::SpecOf(stored).bytes;
  const bool packed = model::SpecOf(stored).kind == model::DatatypeKind::kFloat;
  std::array<char, kBlock * sizeof(uint64_t)> block;
  size_t filled = 0;
  const auto flush = [&] {
    if (filled > 0) take(block.data(), filled);
    filled = 0;
  };
  input.ForEachRun([&](std::string_view run) {
    if (packed) return take(run.data(), run.size() / bytes);
    size_t fields = 0;
    WireReader in(run, fields);
    while (!in.done()) {
      uint64_t varint = 0;
      HILLOCK_CHECK(in.ReadVarint(varint));
      const uint64_t element = ElementOf(stored, varint);
      std::memcpy(block.data() + filled * bytes, &element, bytes);
      if (++filled == kBlock) flush();
    }
  });
  flush();
}

}  // namespace hillock::rpc
