// SPDX-License-Identifier: Apache-2.0

// The datatypes of tensors on the wire. Numbers are computed in FP32, whatever a tensor has.

#ifndef HILLOCK_SERVER_CORE_MODEL_DATATYPE_H_
#define HILLOCK_SERVER_CORE_MODEL_DATATYPE_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace hillock::model {

enum class Datatype {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,
};

enum class DatatypeKind { kBool, kInteger, kFloat, kString };

struct DatatypeSpec {
  std::string_view name;  // in the Open Inference Protocol
  DatatypeKind kind;
  size_t bytes;  // of an element; 0 for BYTES, whose elements have a length of their own
};

// By datatype.
inline constexpr std::array<DatatypeSpec, 14> kDatatypes = {{
    {"BOOL", DatatypeKind::kBool, 1},
    {"UINT8", DatatypeKind::kInteger, 1},
    {"UINT16", DatatypeKind::kInteger, 2},
    {"UINT32", DatatypeKind::kInteger, 4},
    {"UINT64", DatatypeKind::kInteger, 8},
    {"INT8", DatatypeKind::kInteger, 1},
    {"INT16", DatatypeKind::kInteger, 2},
    {"INT32", DatatypeKind::kInteger, 4},
    {"INT64", DatatypeKind::kInteger, 8},
    {"FP16", DatatypeKind::kFloat, 2},
    {"BF16", DatatypeKind::kFloat, 2},
    {"FP32", DatatypeKind::kFloat, 4},
    {"FP64", DatatypeKind::kFloat, 8},
    {"BYTES", DatatypeKind::kString, 0},
}};

constexpr const DatatypeSpec& SpecOf(Datatype type) {
  return kDatatypes[static_cast<size_t>(type)];
}

constexpr std::string_view DatatypeName(Datatype type) { return SpecOf(type).name; }

// The datatype of that name, or none.
constexpr std::optional<Datatype> FindDatatype(std::string_view name) {
  for (size_t i = 0; i < kDatatypes.size(); ++i) {
    if (kDatatypes[i].name == name) return static_cast<Datatype>(i);
  }
  return std::nullopt;
}

}  // namespace hillock::model

#endif  // HILLOCK_SERVER_CORE_MODEL_DATATYPE_H_
